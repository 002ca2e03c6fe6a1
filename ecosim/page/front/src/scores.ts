// Three scores of two policies: every throw, how often B is ahead, and why.

import { chartIn, stripOption } from "./charts";
import type { Assumption, PageData, Scene } from "./data";
import { fold, h, table } from "./dom";
import { policyText } from "./levers";
import { number, percent, points, t, tOr } from "./i18n";

/** Share of the throws in which a policy must be ahead before that is said of it. */
export const DECIDED = 0.9;
/** Throws below which nothing is said of which policy is better. */
export const LEAST_THROWS = 10;

export interface Contrast {
  /** Throws in which B is better, worse, or neither by enough to matter. */
  better: number;
  worse: number;
  draws: number;
  mean: number;
  verdict: "better" | "worse" | "same" | "open" | "few";
}

/** B against A, throw by throw: the same dice in both. */
export function contrast(a: Float32Array, b: Float32Array, up: boolean, smallest: number): Contrast {
  let better = 0;
  let worse = 0;
  let draws = 0;
  let sum = 0;
  for (let d = 0; d < a.length; d++) {
    const difference = b[d] - a[d];
    if (!Number.isFinite(difference)) continue;
    draws += 1;
    sum += difference;
    const gain = up ? difference : -difference;
    if (gain > smallest) better += 1;
    else if (gain < -smallest) worse += 1;
  }
  const mean = draws ? sum / draws : NaN;
  const decided = (count: number): boolean => count >= DECIDED * draws;
  const verdict = draws < LEAST_THROWS ? "few" : decided(better) ? "better" : decided(worse) ? "worse" : decided(draws - better - worse) ? "same" : "open";
  return { better, worse, draws, mean, verdict };
}

/** The contrast of a score in a scene; in the first so many throws, if told. */
export function contrastOf(data: PageData, scene: Scene, score: number, throws = Infinity): Contrast {
  const up = (data.scores.better?.[score] ?? (data.scores.names[score] === "left_out" ? "down" : "up")) === "up";
  const [a, b] = [scene.a.scores[score], scene.b.scores[score]].map((values) => values.slice(0, Math.min(throws, values.length)));
  return contrast(a, b, up, data.scores.smallest?.[score] ?? 0);
}

/** In one sentence. */
export function inWords(found: Contrast): string {
  if (!found.draws) return t("score.none");
  return t(`score.${found.verdict}`, { same: found.draws - found.better - found.worse, n: found.verdict === "worse" ? found.worse : found.better, worse: found.worse, all: found.draws });
}

const mean = (values: Float32Array): number => {
  const real = Array.from(values).filter(Number.isFinite);
  return real.reduce((x, y) => x + y, 0) / Math.max(real.length, 1);
};

/** The same with a sign and a frame: shape and words say it, and colour too. */
export function badge(found: Contrast, name = ""): HTMLElement {
  const sign = { better: "▲", worse: "▼", same: "=", open: "◆", few: "◆" }[found.verdict];
  return h("p", { class: `verdict ${found.verdict}` }, h("span", { class: "sign", "aria-hidden": "true" }, sign), h("span", null, name ? `${name}: ` : "", inWords(found)));
}

/** All three, small: beside the sliders. */
export function badges(data: PageData, scene: Scene): HTMLElement[] {
  return data.scores.names.map((name, s) => badge(contrastOf(data, scene, s), scoreName(name)));
}

export interface Scores {
  element: HTMLElement;
  set(scene: Scene, current: number): void;
  sentence(scene: Scene): string;
}

/** Name of a score. */
export function scoreName(name: string): string {
  return tOr(`score.${name}`, name.replaceAll("_", " "));
}

/** What a score is; output stands beside the policy with every lever at its usual place. */
function what(data: PageData, name: string): string {
  const usual = data.levers.map((lever) => lever.default);
  return tOr(`score.${name}.what`, "").replace("{usual}", policyText(data, usual));
}

/** Three cards; `command` gives the line that repeats what is shown. */
export function scores(data: PageData, command: () => string): Scores {
  let scene: Scene | null = null;
  let current = 0;
  const cards = data.scores.names.map((name, s) => {
    const plot = h("div", { class: "plot strip", role: "img" });
    const chart = chartIn(plot);
    const value = { a: h("strong"), b: h("strong") };
    const placed = h("p", { class: "verdict" });
    const thrown = h("p", { class: "note" });
    const numbers = fold(t("numbers"), () => {
      if (!scene) return [];
      const rows = Array.from(scene.a.scores[s]).map((a, d) => [t("throw", { n: d + 1 }), percent(a, 1), percent(scene!.b.scores[s][d], 1)]);
      return [table(scoreName(name), [t("throws"), t("policy.a"), t("policy.b")], rows)];
    }, "numbers");
    const why = fold(t("why"), () => whyOf(data, name, command()), "why");
    const element = h(
      "article",
      { class: "score" },
      h("h3", null, scoreName(name)),
      h("p", { class: "what" }, what(data, name)),
      placed,
      h(
        "p",
        { class: "pair" },
        h("span", null, h("span", { class: "mark a", "aria-hidden": "true" }), t("policy.a"), " ", value.a),
        h("span", null, h("span", { class: "mark b", "aria-hidden": "true" }), t("policy.b"), " ", value.b),
      ),
      plot,
      thrown,
      why.element,
      numbers.element,
    );
    return { element, chart, plot, value, badge: placed, thrown, numbers, why, name };
  });
  return {
    element: h("div", { class: "scores" }, ...cards.map((card) => card.element)),
    set(next, now) {
      scene = next;
      current = now;
      cards.forEach((card, s) => {
        const found = contrastOf(data, next, s);
        const [a, b] = [next.a.scores[s], next.b.scores[s]];
        card.value.a.textContent = percent(mean(a), 1);
        card.value.b.textContent = percent(mean(b), 1);
        card.badge.replaceWith(badge(found));
        card.badge = card.element.querySelector(".verdict")!;
        card.thrown.textContent = t("score.throw", { n: current + 1, all: next.a.scores[s].length, a: percent(a[current], 1), b: percent(b[current], 1) });
        card.plot.setAttribute("aria-label", t("score.say", { name: scoreName(card.name), a: percent(mean(a), 1), b: percent(mean(b), 1) }));
        card.chart.setOption(stripOption([{ name: "A", who: "a", values: a }, { name: "B", who: "b", values: b }], current), true);
        card.numbers.refresh();
        card.why.refresh();
      });
    },
    sentence(next) {
      return data.scores.names
        .map((name, s) => {
          const found = contrastOf(data, next, s);
          return `${scoreName(name)}: ${inWords(found)} (${points(found.mean)})`;
        })
        .join(" ");
    },
  };
}

/** Name, value, range, source and meaning of an assumption, as a row of a table. */
export function assumptionRow(one: Assumption): string[] {
  const words = (part: string, otherwise: string): string => tOr(`assumption.${one.key}${part}`, otherwise);
  const none = { "assumed; no study": "why.assumed", "fitted to data": "why.fitted" }[one.source];
  const source = none ? t(none) : words(".source", one.source);
  return [words("", one.label ?? one.key), value(one.value), one.range ? one.range.map(value).join(" – ") : "–", source, words(".what", one.what)];
}

/** Assumption, range, source and command behind a score. */
function whyOf(data: PageData, name: string, command: string): (Node | null)[] {
  const why = data.why[name];
  if (!why) return [h("p", null, t("why.none"))];
  const known = new Map(data.assumptions.map((one) => [one.key, one]));
  const rows = why.assumptions.flatMap((key) => known.get(key) ?? []).map(assumptionRow);
  return [
    h("p", null, tOr(`why.${name}.text`, why.text)),
    rows.length ? table(t("why.table"), [t("why.assumption"), t("why.value"), t("why.range"), t("why.source"), t("why.what")], rows) : null,
    h("p", null, t("why.command")),
    h("pre", { tabindex: "0" }, h("code", null, command)),
  ];
}

function value(raw: unknown): string {
  if (typeof raw === "number") return number(raw, 4);
  return raw === null || raw === undefined ? "–" : typeof raw === "string" ? raw : JSON.stringify(raw);
}
