// Lessons: a reader says what they expect before anything is shown. Texts and steps are in lessons.json.

import raw from "./lessons.json";
import { curvesOf, curvesTable } from "./act";
import { branchName } from "./breaker";
import { curvesOption, figure } from "./charts";
import type { Branch, Scene, Store } from "./data";
import { COLUMN_OF } from "./data";
import { h, say } from "./dom";
import { language, percent, t } from "./i18n";
import { policyText } from "./levers";
import { maps } from "./maps";
import { controls } from "./player";
import { pad, verdict } from "./predict";
import { badge, contrastOf, inWords, scoreName } from "./scores";
import type { Model } from "./state";

type Place = "first" | "last" | "default";

interface Step {
  id: string;
  kind: "text" | "bet" | "predict" | "run" | "compare" | "reveal";
  options?: string[];
  answer?: string | null;
  score?: string;
  set?: { a?: Record<string, Place>; b?: Record<string, Place> };
  branch?: { shock: string; size: "one" | "many" | "none" };
  of?: string;
  /** The step's policies, shock and cost may be carried to the front act. */
  try?: boolean;
}

interface Lesson {
  id: string;
  minutes: number;
  steps: Step[];
}

interface Book {
  format: number;
  numbers: Record<string, { value: number; digits: number; unit: string }>;
  lessons: Lesson[];
  strings: Record<string, Record<string, string>>;
}

const BOOK = raw as unknown as Book;

/** A number of the lessons, written as the language writes it. */
function written(name: string): string | null {
  const found = BOOK.numbers[name];
  if (!found) return null;
  const digits = { maximumFractionDigits: found.digits, minimumFractionDigits: found.digits };
  if (found.unit === "percent") return new Intl.NumberFormat(language(), { style: "percent", ...digits }).format(found.value / 100);
  if (found.unit === "eur") return new Intl.NumberFormat(language(), { style: "currency", currency: "EUR", ...digits }).format(found.value);
  // years have no thousands mark
  return new Intl.NumberFormat(language(), { ...digits, useGrouping: found.unit !== "year" }).format(found.value);
}

/** A text of the lessons; empty where there is none. */
function text(key: string): string {
  const found = BOOK.strings[language()]?.[key] ?? BOOK.strings.en?.[key] ?? "";
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => written(name) ?? whole);
}

function paragraphs(key: string): HTMLElement[] {
  return text(key).split("\n").filter(Boolean).map((line) => h("p", null, line));
}

/** Lever places that a step names. */
function policy(store: Store, places: Record<string, Place> = {}): number[] {
  return store.data.levers.map((lever) => {
    const place = places[lever.key] ?? "default";
    return place === "first" ? 0 : place === "last" ? lever.values.length - 1 : lever.default;
  });
}

/** How many countries a branch hits, also where they are drawn. */
const size = (branch: Branch): number => branch.countries.length || Number(branch.settings?.drawn ?? 0);

/** The branch that a step names; where the grid lacks it, the first that is no placebo, and `exact` is false. */
function branchOf(store: Store, wanted?: Step["branch"]): { branch: Branch; exact: boolean } {
  const { branches } = store.data;
  const shocks = branches.filter((one) => !one.none);
  const placebo = branches.find((one) => one.none);
  if (wanted?.size === "none" && placebo) return { branch: placebo, exact: true };
  const same = shocks.filter((one) => one.shock === wanted?.shock);
  const found =
    wanted?.size === "many"
      ? [...same].sort((x, y) => size(y) - size(x))[0]
      : (same.find((one) => one.countries.length === 1) ?? same[0]);
  return found ? { branch: found, exact: true } : { branch: shocks[0] ?? branches[0], exact: false };
}

/** List of lessons, or the one that is open. */
export function lessons(store: Store, model: Model): HTMLElement {
  const holder = h("section", { class: "lessons", "aria-labelledby": "lessons-title" });
  const show = (): void => {
    const open = BOOK.lessons.find((one) => one.id === model.state.lesson);
    holder.replaceChildren(...(open ? lesson(store, model, open) : list(model)));
    if (open) holder.querySelector<HTMLElement>("h1")?.focus();
  };
  model.on((_, changed) => {
    if (changed.has("lesson")) show();
  });
  show();
  return holder;
}

function list(model: Model): HTMLElement[] {
  return [
    h("h1", { id: "lessons-title" }, t("lessons.title")),
    h("p", { class: "lead" }, t("lessons.lead")),
    h(
      "ul",
      { class: "lesson-list" },
      ...BOOK.lessons.map((one) =>
        h(
          "li",
          null,
          h(
            "button",
            { type: "button", onclick: () => model.set({ lesson: one.id }) },
            h("strong", null, text(`${one.id}.title`) || one.id),
            h("span", null, text(`${one.id}.question`)),
            h("span", { class: "note" }, t("lessons.minutes", { n: one.minutes })),
          ),
        ),
      ),
    ),
  ];
}

function lesson(store: Store, model: Model, one: Lesson): HTMLElement[] {
  const bets = new Map<string, string>();
  const curves = new Map<string, (number | null)[]>();
  const body = h("ol", { class: "lesson-steps" });
  const next = h("button", { type: "button", class: "primary", onclick: () => forward() }, t("lessons.next"));
  const back = h("button", { type: "button", onclick: () => model.set({ lesson: null }) }, t("lessons.all"));
  let at = 0;

  const answered = (step: Step): boolean => (step.kind === "bet" ? bets.has(step.id) : step.kind === "predict" ? curves.has(step.id) : true);
  const dress = (): void => {
    next.hidden = at >= one.steps.length - 1;
    next.disabled = !answered(one.steps[at]);
    next.textContent = next.disabled ? t("lessons.answer") : t("lessons.next");
  };
  const open = (): void => {
    const step = one.steps[at];
    const item = h("li", { class: `lesson-step ${step.kind}`, tabindex: "-1", "aria-label": t("lessons.step", { n: at + 1, all: one.steps.length }) });
    body.append(item);
    item.append(...content(step));
    if (at === one.steps.length - 1) item.append(...paragraphs(`${one.id}.answer`).map((line) => h("p", { class: "answer" }, line.textContent ?? "")));
    dress();
  };
  const forward = (): void => {
    at += 1;
    open();
    (body.lastElementChild as HTMLElement).focus();
  };

  /** Whether a score's column is a level, and no share of the calm world. */
  function level(score = "kept"): boolean {
    const column = store.data.cells.columns.indexOf(COLUMN_OF[score] ?? "");
    return store.data.cells.measured?.[column] === "level";
  }

  function content(step: Step): Node[] {
    const words = paragraphs(`${one.id}.${step.id}`);
    if (step.kind === "bet") {
      const name = `${one.id}-${step.id}`;
      return [
        h(
          "fieldset",
          { class: "bet" },
          h("legend", null, text(`${name.replace("-", ".")}`) || t("bet.question")),
          ...(step.options ?? []).map((option) =>
            h("label", { class: "choice" }, h("input", { type: "radio", name, value: option, onchange: () => {
              bets.set(step.id, option);
              dress();
            } }), text(`${one.id}.${step.id}.${option}`)),
          ),
        ),
      ];
    }
    if (step.kind === "predict") {
      const made = pad(store.data.months.last, words.map((p) => p.textContent).join(" ") || t("predict.question"), null, (values) => {
        if (values) curves.set(step.id, values);
        else curves.delete(step.id);
        dress();
      }, level(step.score));
      return [made.element];
    }
    if (step.kind === "run" || step.kind === "compare") return [...words, scenePart(step)];
    if (step.kind === "reveal") return [...revealPart(step), ...words, ...curvePart(step)];
    return step.try ? [...words, h("div", { class: "buttons" }, tryButton(step))] : words;
  }

  /** Carries a step's policies, shock and cost to the front act. */
  function tryButton(step: Step): HTMLElement {
    const chosen = { a: policy(store, step.set?.a), b: policy(store, step.set?.b), branch: branchOf(store, step.branch).branch.id };
    const nothing = { shock: null, base: null, extra: { a: {}, b: {} }, off: [], seed: store.data.seed ?? 0 };
    return h("button", { type: "button", onclick: () => {
      model.set({ ...chosen, ...nothing, throw: 0, month: -1, broken: false, view: "act", lesson: null });
      say(t("lessons.tried"));
    } }, t("lessons.try"));
  }

  function scenePart(step: Step): HTMLElement {
    const { data } = store;
    const a = policy(store, step.set?.a);
    const b = policy(store, step.set?.b);
    const { branch, exact } = branchOf(store, step.branch);
    const holder = h("div", { class: "lesson-scene" });
    holder.append(
      h("p", { class: "shown-for" }, `${branchName(data, branch)}. A: ${policyText(data, a)}. B: ${policyText(data, b)}.`),
      ...(exact ? [] : [h("p", { class: "warn" }, t("lessons.other_branch"))]),
    );
    void store.scene(a, b, branch.id).then((scene) => {
      if (step.kind === "run") {
        const pair = maps(data, { a: t("policy.a"), b: t("policy.b") }, new Set(branch.countries), () => undefined);
        const hit = branch.countries.length ? branch.countries : (scene.a.history?.targets ?? []);
        const player = controls(data, (month) => pair.draw(month, branch.countries, hit), (month) => pair.sentence(month));
        const moves = scene.a.history !== null || scene.b.history !== null;
        holder.append(pair.element, ...(moves ? [player.element] : []), h("div", { class: "buttons" }, tryButton(step)));
        pair.set(scene);
        // where no single world is kept there is nothing to play: the picture is that of all months
        if (moves) player.begin();
        else pair.draw(data.months.last, branch.countries, hit);
        const off = model.on((_, changed) => {
          if (changed.has("view") || changed.has("lesson") || changed.has("language")) {
            player.stop();
            off();
          }
        });
      } else comparePart(holder, step, scene);
    });
    return holder;
  }

  function comparePart(holder: HTMLElement, step: Step, scene: Scene): void {
    const { data } = store;
    const score = Math.max(0, data.scores.names.indexOf(step.score ?? "kept"));
    const column = Math.max(0, data.cells.columns.indexOf(COLUMN_OF[data.scores.names[score]] ?? "collaboration"));
    const before = one.steps.slice(0, one.steps.findIndex((other) => other.id === step.id)).filter((other) => other.kind === "predict");
    const predict = before[before.length - 1];
    const alone = JSON.stringify(policy(store, step.set?.a)) === JSON.stringify(policy(store, step.set?.b));
    const drawn = (predict && (predict.score ?? "kept") === data.scores.names[score] && curves.get(predict.id)) || null;
    const chart = figure(scoreName(data.scores.names[score]), "curves", () => curvesTable(store, scene, column, drawn));
    const found = contrastOf(data, scene, score);
    holder.append(
      // a policy beside itself has nothing to decide
      ...(alone ? [] : [badge(found)]),
      ...(drawn ? [h("p", { class: "yours" }, verdict(drawn, scene.a.curves[column], data.months.before))] : []),
      chart.element,
    );
    const draw = (thrown: number | null): void => {
      const shown = curvesOf(store, scene, column, drawn, thrown).filter((curve) => !alone || curve.who !== "b");
      chart.chart.setOption(curvesOption(shown, { from: -data.months.before, to: data.months.after }), true);
      chart.text(`${t("curves.what")}${thrown !== null && shown.some((curve) => curve.thin) ? ` ${t("curves.throw")}` : ""}`);
    };
    draw(null);
    if (alone) return;
    const all = scene.a.scores[score].length;
    let thrown = 0;
    const tally = h("p", { class: "note throws" });
    const again = h("button", { type: "button", onclick: () => {
      thrown = (thrown % all) + 1;
      const soFar = contrastOf(data, scene, score, thrown);
      const [one, other] = [scene.a.scores[score][thrown - 1], scene.b.scores[score][thrown - 1]];
      tally.textContent = t("lessons.throw.now", { n: thrown, all, a: percent(one, 1), b: percent(other, 1), mine: soFar.worse, other: soFar.better });
      draw(thrown - 1);
      say(tally.textContent);
    } }, t("lessons.throw"));
    holder.append(h("div", { class: "buttons" }, again, tryButton(step)), tally);
    say(inWords(found));
  }

  /** A drawn curve beside the first picture that was shown after it. */
  function curvePart(step: Step): Node[] {
    const asked = one.steps.findIndex((other) => other.id === step.of);
    if (one.steps[asked]?.kind !== "predict") return [];
    const shown = one.steps.slice(asked).find((other) => other.set);
    return shown ? [scenePart({ ...shown, kind: "compare", score: one.steps[asked].score })] : [];
  }

  function revealPart(step: Step): HTMLElement[] {
    const asked = one.steps.find((other) => other.id === step.of);
    if (asked?.kind !== "bet") return [];
    const given = bets.get(asked.id);
    const mine = given ? h("p", null, t("lessons.you_said", { what: text(`${one.id}.${asked.id}.${given}`) })) : null;
    const answer = asked.answer;
    const result = answer
      ? h("p", { class: `verdict ${given === answer ? "better" : "worse"}` }, h("span", { class: "sign", "aria-hidden": "true" }, given === answer ? "▲" : "▼"), h("span", null, given === answer ? t("lessons.right") : t("lessons.wrong", { what: text(`${one.id}.${asked.id}.${answer}`) })))
      : h("p", { class: "verdict open" }, h("span", { class: "sign", "aria-hidden": "true" }, "◆"), h("span", null, t("lessons.open")));
    return mine ? [mine, result] : [result];
  }

  open();
  return [
    h("div", { class: "buttons" }, back),
    h("h1", { id: "lessons-title", tabindex: "-1" }, text(`${one.id}.title`) || one.id),
    h("p", { class: "lead" }, text(`${one.id}.question`)),
    body,
    h("div", { class: "buttons" }, next),
  ];
}
