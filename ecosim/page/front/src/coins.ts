// Twenty coins: teams seal a policy, a shock card is drawn, the room compares what each could have kept.

import { branchName } from "./breaker";
import { cardTitle } from "./catalogue";
import { barsOption, figure } from "./charts";
import type { PageData, Store } from "./data";
import { download, filePicker, fill, h, say, table } from "./dom";
import { number, percent, points, t } from "./i18n";
import { scoreName } from "./scores";

const FORMAT = "ecosim-coins/1";

interface Team {
  team: string;
  coins: Record<string, number>;
}

interface Result extends Team {
  format: typeof FORMAT;
  branch: string;
  scores: Record<string, number>;
  /** What the best mix in the file would have scored better, by score. */
  regret: Record<string, number>;
}

/** Largest number that divides all coins of all mixes: the step of the buttons. */
function step(mixes: number[][]): number {
  const gcd = (x: number, y: number): number => (y ? gcd(y, x % y) : x);
  return mixes.flat().reduce(gcd, 0) || 1;
}

function up(data: PageData, s: number): boolean {
  return (data.scores.better?.[s] ?? (data.scores.names[s] === "left_out" ? "down" : "up")) === "up";
}

/** Read a file that a team saved; null where it is none. */
function parse(text: string, data: PageData): Result | null {
  try {
    const raw = JSON.parse(text) as Partial<Result>;
    if (raw.format !== FORMAT || typeof raw.team !== "string" || typeof raw.branch !== "string") return null;
    const numbers = (value: unknown): Record<string, number> => Object.fromEntries(Object.entries((value ?? {}) as Record<string, unknown>).filter(([, x]) => typeof x === "number" && Number.isFinite(x))) as Record<string, number>;
    const coins = numbers(raw.coins);
    if (!data.coins?.instruments.some((kind) => kind in coins)) return null;
    return { format: FORMAT, team: raw.team.slice(0, 60), branch: raw.branch, coins, scores: numbers(raw.scores), regret: numbers(raw.regret) };
  } catch {
    return null;
  }
}

export function coins(store: Store): HTMLElement {
  const { data } = store;
  const title = h("h1", { id: "coins-title" }, t("coins.title"));
  if (!data.coins || !store.coins) return h("section", { "aria-labelledby": "coins-title" }, title, h("p", null, t("coins.none")));
  const { instruments, mixes, branches } = data.coins;
  const grid = store.coins;
  const all = data.coins.coins ?? Math.max(...mixes.map((mix) => mix.reduce((x, y) => x + y, 0)));
  const one = step(mixes);
  const sealed: Team[] = [];
  const loaded: Result[] = [];
  let drawn: string | null = null;
  let score = 0;
  let mine = instruments.map(() => 0);

  const name = (kind: string): string => cardTitle({ family: "instruments", kind, title: data.cards.find((card) => card.kind === kind)?.title ?? kind.replaceAll("_", " ") });
  const names = data.scores.names.length;
  const mean_ = (flat: Float32Array, s: number): number => {
    const mine = flat.filter((y, i) => i % names === s && Number.isFinite(y));
    return mine.reduce((x, y) => x + y, 0) / mine.length;
  };
  const indexOf = (mix: number[]): number => mixes.findIndex((known) => known.every((n, i) => n === mix[i]));
  const value = (mix: number, branch: string, s: number): number => mean_(grid.row(mix, branches.indexOf(branch)), s);

  // ---- a team's table
  const team = h("input", { type: "text", maxlength: 40, autocomplete: "off" });
  const left = h("p", { class: "left", role: "status" });
  const seal = h("button", { type: "button", class: "primary", onclick: () => sealIt() }, t("coins.seal"));
  const rows = instruments.map((kind, i) => {
    const output = h("output", { class: "count" }, "0");
    const pile = h("span", { class: "pile", "aria-hidden": "true" });
    const change = (by: number): void => {
      mine = mine.map((n, k) => (k === i ? n + by : n));
      dress();
      say(`${name(kind)}: ${mine[i]}. ${left.textContent ?? ""}`);
    };
    const less = h("button", { type: "button", "aria-label": t("coins.less", { what: name(kind) }), onclick: () => change(-one) }, "−");
    const more_ = h("button", { type: "button", "aria-label": t("coins.more", { what: name(kind) }), onclick: () => change(one) }, "+");
    return { row: h("div", { class: "coin-row" }, h("span", { class: "coin-name" }, name(kind)), less, output, more_, pile), output, pile, less, more: more_ };
  });
  const dress = (): void => {
    const rest = all - mine.reduce((x, y) => x + y, 0);
    left.textContent = t("coins.left", { n: rest });
    rows.forEach((row, i) => {
      row.output.textContent = String(mine[i]);
      row.pile.textContent = "●".repeat(mine[i]);
      row.less.disabled = mine[i] < one;
      row.more.disabled = rest < one;
    });
    seal.disabled = rest < 0 || !team.value.trim() || drawn !== null;
  };
  team.addEventListener("input", dress);
  const teams = h("ul", { class: "chips" });
  const sealIt = (): void => {
    if (indexOf(mine) < 0) {
      left.textContent = t("coins.unknown");
      return;
    }
    sealed.push({ team: team.value.trim(), coins: Object.fromEntries(instruments.map((kind, i) => [kind, mine[i]])) });
    say(t("coins.sealed", { team: team.value.trim() }));
    team.value = "";
    mine = instruments.map(() => 0);
    dress();
    fill(teams, sealed.map((each) => h("li", null, each.team)));
    drawButton.disabled = false;
    team.focus();
  };

  // ---- the card
  const card = h("p", { class: "shock-card", role: "status" }, t("coins.card.none"));
  const drawButton = h("button", { type: "button", class: "primary", disabled: true, onclick: () => reveal(branches[Math.floor(Math.random() * branches.length)]) }, t("coins.draw"));
  const choice = h("select", { onchange: () => choice.value && reveal(choice.value) }, h("option", { value: "" }, t("coins.choose")), ...branches.map((id) => h("option", { value: id }, branchName(data, store.branch(id)))));
  const which = h("select", { onchange: () => {
    score = Number(which.value);
    results();
    classView();
  } }, ...data.scores.names.map((each, s) => h("option", { value: s }, scoreName(each))));
  const reveal = (id: string): void => {
    if (!sealed.length) return void (card.textContent = t("coins.card.first"));
    drawn = id;
    card.textContent = branchName(data, store.branch(id));
    say(`${t("coins.card")}: ${card.textContent}`);
    dress();
    results();
  };
  const again = h("button", { type: "button", onclick: () => {
    sealed.length = 0;
    drawn = null;
    card.textContent = t("coins.card.none");
    choice.value = "";
    drawButton.disabled = true;
    fill(teams);
    fill(board);
    dress();
  } }, t("coins.again"));

  // ---- what came of it
  const board = h("div", { class: "board" });
  const resultOf = (each: Team): Result => {
    const at = indexOf(instruments.map((kind) => each.coins[kind] ?? 0));
    const scoresOf = data.scores.names.map((_, s) => value(at, drawn!, s));
    const regret = data.scores.names.map((_, s) => {
      const every = mixes.map((_, m) => value(m, drawn!, s));
      return up(data, s) ? Math.max(...every) - scoresOf[s] : scoresOf[s] - Math.min(...every);
    });
    const named = (values: number[]): Record<string, number> => Object.fromEntries(data.scores.names.map((key, s) => [key, values[s]]));
    return { format: FORMAT, ...each, branch: drawn!, scores: named(scoresOf), regret: named(regret) };
  };
  const chart = figure(t("coins.regret"), "bars", () => ({ head: [t("coins.team"), t("coins.regret")], rows: now.map((each) => [each.team, percent(each.regret[data.scores.names[score]], 1)]) }));
  let now: Result[] = [];
  /** In how many throws one mix beats another: a small regret may be luck. */
  const ahead = (best: number, other: number): string => {
    const [x, y] = [best, other].map((mix) => grid.row(mix, branches.indexOf(drawn!)).filter((_, i) => i % names === score));
    const won = Array.from(x).filter((_, d) => (up(data, score) ? x[d] - y[d] : y[d] - x[d]) > (data.scores.smallest?.[score] ?? 0)).length;
    return t("coins.of", { n: won, all: x.length });
  };
  const results = (): void => {
    if (!drawn) return;
    const key = data.scores.names[score];
    now = sealed.map(resultOf).sort((x, y) => x.regret[key] - y.regret[key]);
    const best = mixes.map((_, m) => m).sort((x, y) => (up(data, score) ? -1 : 1) * (value(x, drawn!, score) - value(y, drawn!, score)))[0];
    fill(
      board,
      h("p", null, t("coins.regret.what")),
      table(
        t("coins.table"),
        [t("coins.team"), ...instruments.map(name), scoreName(key), t("coins.regret"), t("coins.ahead")],
        now.map((each) => [each.team, ...instruments.map((kind) => each.coins[kind] ?? 0), percent(each.scores[key], 1), points(each.regret[key]), ahead(best, indexOf(instruments.map((kind) => each.coins[kind] ?? 0)))]),
      ),
      h("p", { class: "note" }, t("coins.ahead.what")),
      h("p", null, t("coins.best", { mix: instruments.map((kind, i) => `${name(kind)} ${mixes[best][i]}`).join(", "), value: percent(value(best, drawn, score), 1) })),
      chart.element,
      h("div", { class: "buttons" }, ...now.map((each) => h("button", { type: "button", onclick: () => download(`coins-${each.team.replace(/[^\p{L}\p{N}]+/gu, "-")}.json`, JSON.stringify(each, null, 1)) }, t("coins.save", { team: each.team })))),
    );
    chart.chart.setOption(barsOption(now.map((each) => each.team), now.map((each) => each.regret[key]), "share"), true);
    chart.text(t("coins.regret.what"));
    chart.refresh();
  };

  // ---- the class
  const room = h("div", { class: "board" });
  const problem = h("p", { class: "note", role: "status" });
  const classView = (): void => {
    const key = data.scores.names[score];
    const shocks = [...new Set(loaded.map((each) => each.branch))];
    fill(
      room,
      ...shocks.flatMap((id) => {
        const here = loaded.filter((each) => each.branch === id);
        const mean = (values: number[]): number => values.reduce((x, y) => x + y, 0) / values.length;
        const known = data.branches.find((branch) => branch.id === id);
        const moved = instruments.map((kind) => {
          const withCoins = here.filter((each) => (each.coins[kind] ?? 0) > 0).map((each) => each.regret[key]).filter(Number.isFinite);
          const without = here.filter((each) => !(each.coins[kind] > 0)).map((each) => each.regret[key]).filter(Number.isFinite);
          return [name(kind), number(mean(here.map((each) => each.coins[kind] ?? 0))), withCoins.length ? points(mean(withCoins)) : "–", without.length ? points(mean(without)) : "–"];
        });
        return [
          h("h3", null, known ? branchName(data, known) : id),
          table(t("coins.class.table"), [t("coins.team"), ...instruments.map(name), scoreName(key), t("coins.regret")], here.sort((x, y) => x.regret[key] - y.regret[key]).map((each) => [each.team, ...instruments.map((kind) => each.coins[kind] ?? 0), percent(each.scores[key] ?? NaN, 1), points(each.regret[key] ?? NaN)])),
          table(t("coins.moved"), [t("instrument"), t("coins.mean"), t("coins.with"), t("coins.without")], moved),
        ];
      }),
    );
  };
  const load = filePicker(t("coins.load"), ".json,application/json", true, (files) => {
    const bad: string[] = [];
    for (const file of files) {
      const found = parse(file.text, data);
      if (!found) bad.push(file.name);
      else if (!loaded.some((each) => JSON.stringify(each) === JSON.stringify(found))) loaded.push(found);
    }
    problem.textContent = `${t("coins.loaded", { n: loaded.length })} ${bad.length ? t("coins.bad", { names: bad.join(", ") }) : ""}`;
    classView();
  });
  dress();
  return h(
    "section",
    { "aria-labelledby": "coins-title", class: "coins" },
    title,
    h("p", { class: "lead" }, t("coins.lead", { n: all })),
    h("p", { class: "note" }, t("coins.grid", { n: one, mixes: mixes.length })),
    h(
      "div",
      { class: "two" },
      h("section", { "aria-label": t("coins.seal") }, h("h2", null, t("coins.one")), h("label", { class: "field" }, h("span", null, t("coins.team")), team), ...rows.map((row) => row.row), left, seal, teams),
      h(
        "section",
        { "aria-label": t("coins.card") },
        h("h2", null, t("coins.two")),
        card,
        h("div", { class: "buttons" }, drawButton, again),
        h("div", { class: "fields" }, h("label", { class: "field" }, h("span", null, t("coins.same")), choice), h("label", { class: "field" }, h("span", null, t("coins.score")), which)),
      ),
    ),
    board,
    h("h2", null, t("coins.class")),
    h("p", null, t("coins.class.what")),
    h("div", { class: "buttons" }, load),
    problem,
    room,
  );
}
