// The front act: choose what breaks, choose two policies, say what you expect, break it, look.

import { branchName, breaker, hitBy, shockName, tap, tappable, whoText } from "./breaker";
import type { Curve } from "./charts";
import { curvesOption, figure } from "./charts";
import type { RunResult, Scene, Store } from "./data";
import { COLUMN_OF, sceneOf } from "./data";
import { fill, fold, h, say } from "./dom";
import { percent, t } from "./i18n";
import { levers, policyText } from "./levers";
import { maps } from "./maps";
import { more } from "./more";
import { controls } from "./player";
import { bet, pad, verdict } from "./predict";
import { pythonOf, toRepeat } from "./python";
import { badges, contrastOf, scores } from "./scores";
import { Run } from "./server";
import { bodyOf } from "./share";
import type { Model, State } from "./state";

/** What a run is asked with: where one of them changes, its result would stand under another choice. */
const CHOICE: (keyof State)[] = ["a", "b", "branch", "shock", "extra", "off", "seed", "base"];

/** Curves of both policies with their bands, what was drawn, and the throw looked at. */
export function curvesOf(store: Store, scene: Scene, column: number, drawn: (number | null)[] | null, thrown: number | null): Curve[] {
  const from = -store.data.months.before;
  const curves: Curve[] = [];
  for (const [who, side] of [["a", scene.a], ["b", scene.b]] as const) {
    const [p5, p25, p75, p95] = side.bands[column];
    curves.push({
      name: who.toUpperCase(), who, values: side.curves[column], from,
      bands: [{ low: p5, high: p95, opacity: 0.14 }, { low: p25, high: p75, opacity: 0.2 }],
    });
    if (thrown !== null && side.throws && store.data.cells.columns[column] === "collaboration") {
      curves.push({ name: `${who} throw`, who, thin: true, values: side.throws[thrown], from });
    }
  }
  if (store.data.cells.measured?.[column] === "level") {
    for (const [who, side] of [["a", scene.a], ["b", scene.b]] as const) {
      if (side.calmLeftOut) curves.push({ name: `${who} calm`, who, thin: true, values: side.calmLeftOut, from });
    }
  }
  if (drawn) curves.push({ name: t("you"), who: "drawn", values: drawn, from: 0 });
  return curves;
}

/** The numbers of such a chart, a row for every sixth month. */
export function curvesTable(store: Store, scene: Scene, column: number, drawn: (number | null)[] | null): { head: string[]; rows: string[][] } {
  const { before, last: after } = store.data.months;
  const months = Array.from({ length: Math.floor((before + after) / 6) + 1 }, (_, i) => -before + 6 * i);
  const band = (side: Scene["a"], m: number): string => `${percent(side.bands[column][0][m])} – ${percent(side.bands[column][3][m])}`;
  const rows = months.map((month) => {
    const m = month + before;
    const said = drawn && month >= 0 ? drawn[month] : null;
    return [
      String(month), percent(scene.a.curves[column][m], 1), band(scene.a, m), percent(scene.b.curves[column][m], 1), band(scene.b, m),
      ...(drawn ? [said === null || said === undefined ? "–" : percent(said)] : []),
    ];
  });
  return { head: [t("month"), t("policy.a"), t("band", { who: "A" }), t("policy.b"), t("band", { who: "B" }), ...(drawn ? [t("you")] : [])], rows };
}

export function act(store: Store, model: Model): HTMLElement {
  const { data } = store;
  const server = data.source === "server";
  let scene: Scene | null = null;
  let result: RunResult | null = null;
  let shown = 0;
  let run: Run | null = null;

  const needsServer = (state: State): boolean =>
    state.shock !== null || state.base !== null || state.seed !== (data.seed ?? 0) || state.off.length > 0 || Object.keys(state.extra.a).length + Object.keys(state.extra.b).length > 0;

  // ---- parts
  const chosen = breaker(data, model);
  const sliders = levers(data, model);
  const tappables = tappable(model.state, data);
  const pair = maps(data, { a: t("policy.a"), b: t("policy.b") }, tappables, (iso3) => tap(model, data, iso3));

  const draw = (): void => {
    // where no single world is kept, all months look the same
    player.element.hidden = scene !== null && scene.a.history === null && scene.b.history === null;
    const { countries } = hitBy(model.state, data);
    // where countries are drawn, the history knows which
    const hit = countries.length ? countries : (scene?.a.history?.targets ?? []);
    pair.draw(model.state.broken ? model.state.month : -1, countries, model.state.broken ? hit : []);
  };
  const player = controls(data, (month) => model.set({ month }), (month) => pair.sentence(month));

  const drawing = pad(data.months.last, t("predict.question"), model.state.drawn, (drawn) => model.set({ drawn }));
  const betting = bet(t("bet.question"), model.state.bet, (value) => model.set({ bet: value }));
  const breakButton = h("button", { type: "button", class: "primary", onclick: () => void breakIt() }, t("break.button"));
  const breakNote = h("p", { class: "note", id: "break-note" });
  const runState = h("p", { class: "run-state", role: "status" });
  const cancel = h("button", { type: "button", hidden: true, onclick: () => run?.cancel() }, t("server.cancel"));
  breakButton.setAttribute("aria-describedby", "break-note");

  const three = scores(data, () => toRepeat(store, model, result).line);
  const yours = h("p", { class: "yours" });
  let column = 0;
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": t("curves.which") });
  const chart = figure(t("curves.title"), "curves", () => (scene ? curvesTable(store, scene, column, column === 0 ? model.state.drawn : null) : { head: [], rows: [] }));
  data.cells.columns.forEach((name, k) => {
    const label = t(`column.${name}`);
    tabs.append(
      h("button", {
        type: "button", "aria-pressed": String(k === 0),
        onclick: (event: Event) => {
          column = k;
          for (const one of tabs.children) one.setAttribute("aria-pressed", String(one === event.currentTarget));
          drawResults();
        },
      }, label === `column.${name}` ? name.replaceAll("_", " ") : label),
    );
  });
  const again = h("button", { type: "button", onclick: () => {
    const all = scene?.a.scores[0].length ?? 1;
    model.set({ throw: (model.state.throw + 1) % all });
    say(t("throw.now", { n: model.state.throw + 1, all }));
  } }, t("throw.again"));
  const shownFor = h("p", { class: "shown-for" });
  const python = fold(t("python"), () => pythonOf(store, model, result), "python");
  const results = h(
    "section",
    { class: "results", "aria-labelledby": "results-title", hidden: true },
    h("h2", { id: "results-title", tabindex: "-1" }, t("results")),
    shownFor,
    yours,
    h("div", { class: "buttons" }, again, h("span", { class: "note" }, t("throw.what"))),
    three.element,
    tabs,
    chart.element,
    python.element,
  );
  const extras = more(data, model);
  const mini = h("div", { class: "mini" });
  const stage = h("div", { class: "stage-maps" }, pair.element, player.element);

  // ---- what happens
  function drawResults(): void {
    if (!scene || !model.state.broken) return;
    const { state } = model;
    const thrown = Math.min(state.throw, scene.a.scores[0].length - 1);
    three.set(scene, thrown);
    fill(mini, badges(data, scene));
    const drawn = column === 0 ? state.drawn : null;
    chart.chart.setOption(curvesOption(curvesOf(store, scene, column, drawn, thrown), { from: -data.months.before, to: data.months.after }), true);
    const level = data.cells.measured?.[column] === "level";
    chart.title(level ? t("curves.level") : t("curves.title"));
    chart.text(`${t("curves.what")}${level && scene.a.calmLeftOut ? ` ${t("curves.calm")}` : column === 0 && scene.a.throws ? ` ${t("curves.throw")}` : ""}`);
    chart.refresh();
    python.refresh();
    shownFor.textContent = `${scene.origin === "run" ? t("from.run") : t("from.grid")} ${result?.output_beside ? `${t("output.beside", { who: t(`policy.${result.output_beside}`) })} ` : ""}${branchText(state)}. A: ${policyText(data, state.a)}. B: ${policyText(data, state.b)}.`;
    const lines: string[] = [];
    if (state.drawn && state.drawn.length) lines.push(verdict(state.drawn, scene.a.curves[0], data.months.before));
    if (state.bet) lines.push(betResult(scene, state));
    yours.textContent = lines.join(" ");
  }

  function branchText(state: State): string {
    if (state.shock) return `${shockName(data, state.shock.kind)}: ${whoText(data, state.shock.kind, state.shock.countries)}`;
    return branchName(data, store.branch(state.branch));
  }

  function betResult(now: Scene, state: State): string {
    const score = Math.max(0, data.scores.names.findIndex((name) => COLUMN_OF[name] === "collaboration"));
    const found = contrastOf(data, now, score);
    const said = { better: "b", worse: "a", same: "same", open: "", few: "" }[found.verdict];
    const counts = { a: found.worse, b: found.better, all: found.draws };
    if (found.verdict === "open" || found.verdict === "few") return t("bet.open", counts);
    return t(state.bet === said ? "bet.right" : "bet.wrong", counts);
  }

  function ready(): void {
    const { state } = model;
    const predicted = state.drawn !== null || state.bet !== null;
    const outside = needsServer(state);
    breakButton.disabled = !predicted || run !== null || (outside && !server);
    breakButton.textContent = hitBy(state, data).none ? t("break.none") : outside ? t("break.run") : t("break.button");
    breakNote.textContent = !predicted ? t("break.first") : outside ? t("break.outside") : "";
  }

  async function refresh(): Promise<void> {
    const ticket = ++shown;
    const { state } = model;
    if (needsServer(state)) {
      // the grid does not hold it: what was shown is no longer true
      model.set({ broken: false, month: -1 });
      return;
    }
    const next = await store.scene(state.a, state.b, state.branch);
    if (ticket !== shown) return;
    scene = next;
    result = null;
    pair.set(next);
    draw();
    drawResults();
  }

  async function breakIt(): Promise<void> {
    const { state } = model;
    if (needsServer(state)) {
      run = new Run();
      cancel.hidden = false;
      runState.textContent = t("server.sent");
      ready();
      const mine = run;
      const asked = shown;
      try {
        // as many draws as the file has: in a batch of another size other values are drawn
        const body = bodyOf(state, data, store.draws);
        const found = await mine.go(body, (progress) => {
          runState.textContent =
            progress.state === "queued"
              ? t("server.queued", { n: progress.position ?? 0 })
              : t("server.running", { done: progress.done ?? 0, all: progress.all ?? 0, seconds: Math.round(progress.seconds ?? 0) });
        });
        const hit = hitBy(state, data);
        const next = found && (await sceneOf(found, data, { id: "run", label: "", shock: hit.kind, countries: hit.countries, none: hit.none, dice: false }));
        // what was asked is no longer what is chosen: its label would be wrong
        runState.textContent = asked !== shown ? t("server.changed") : next ? t("server.done") : t("server.cancelled");
        if (!next || asked !== shown) return;
        result = found;
        scene = next;
        shown += 1;
        pair.set(scene);
      } catch (error) {
        runState.textContent = error instanceof Error ? error.message : String(error);
        return;
      } finally {
        run = null;
        cancel.hidden = true;
        ready();
      }
    } else runState.textContent = "";
    model.set({ broken: true, month: -1, throw: 0 });
    results.hidden = false;
    draw();
    drawResults();
    if (player.element.hidden) model.set({ month: data.months.last });
    else player.begin();
    if (scene) say(`${pair.sentence(model.state.month)} ${three.sentence(scene)}`);
    stage.scrollIntoView({ block: "nearest", behavior: "auto" });
  }

  model.on((state, changed) => {
    if (changed.has("branch") || changed.has("shock")) {
      chosen.update();
      tappables.clear();
      for (const code of tappable(state, data)) tappables.add(code);
      draw();
      player.stop();
      player.show(-1);
    }
    if (changed.has("a") || changed.has("b")) sliders.update();
    if (CHOICE.some((key) => changed.has(key))) {
      run?.cancel();
      void refresh();
    }
    if (changed.has("broken") && !state.broken) {
      results.hidden = true;
      fill(mini);
      draw();
    }
    if (changed.has("month")) draw();
    if (changed.has("throw") || changed.has("drawn")) drawResults();
    if (changed.has("view") && state.view !== "act") player.stop();
    ready();
  });
  ready();
  void refresh();
  // a page that is built anew has no place for the result
  model.onEnd(() => {
    shown += 1;
    run?.cancel();
    player.stop();
  });

  return h(
    "section",
    { class: "act", "aria-labelledby": "act-title" },
    h("h1", { id: "act-title" }, t("act.title")),
    h("p", { class: "lead" }, t("act.lead")),
    h(
      "div",
      { class: "stage" },
      stage,
      h(
        "ol",
        { class: "steps" },
        h("li", null, h("h2", null, t("step.break")), h("p", null, t("step.break.what")), chosen.element),
        h("li", null, h("h2", null, t("step.policies")), h("p", null, t("step.policies.what", { usual: policyText(data, data.levers.map((lever) => lever.default)) })), sliders.element, mini, extras.element),
        h("li", null, h("h2", null, t("step.predict")), h("p", null, t("step.predict.what")), h("div", { class: "guess" }, drawing.element, h("p", { class: "or" }, t("or")), betting)),
        h("li", null, h("h2", null, t("step.run")), breakButton, cancel, breakNote, runState),
      ),
    ),
    results,
  );
}
