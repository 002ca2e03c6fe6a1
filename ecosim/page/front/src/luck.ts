// Shock or luck? One curve of one world: was there a shock, or only other dice?

import { branchName } from "./breaker";
import { curvesOption, figure } from "./charts";
import type { Store } from "./data";
import { h, say } from "./dom";
import { percent, t } from "./i18n";

interface Round {
  values: Float32Array;
  branch: string;
  none: boolean;
}

/** Curves that the game can show: single throws, or the sum of a recorded history's pairs. */
async function deck(store: Store): Promise<Round[]> {
  const { data } = store;
  const found: Round[] = [];
  if (data.throws) {
    const side = await Promise.all(data.branches.map((branch) => store.side(data.throws!.policies[0], branch.id)));
    data.branches.forEach((branch, i) => {
      for (const values of side[i].throws ?? []) found.push({ values, branch: branch.id, none: branch.none });
    });
    return found;
  }
  for (const history of data.histories) {
    const joint = await store.joint(history);
    const months = data.months.before + data.months.after + 1;
    const values = new Float32Array(Math.min(months, joint.calm[0]?.length ?? 0));
    for (let m = 0; m < values.length; m++) {
      let hit = 0;
      let calm = 0;
      joint.pairs.forEach((_, p) => {
        hit += joint.shocked[p][m] || 0;
        calm += joint.calm[p][m] || 0;
      });
      values[m] = calm > 0 ? hit / calm : NaN;
    }
    found.push({ values, branch: history.branch, none: store.branch(history.branch).none });
  }
  return found;
}

export function luck(store: Store): HTMLElement {
  const { data } = store;
  let rounds: Round[] = [];
  let now: Round | null = null;
  let right = 0;
  let all = 0;
  let open = false;
  const chart = figure(t("luck.chart"), "curves", () => ({
    head: [t("month"), t("column.collaboration")],
    rows: now ? Array.from({ length: Math.floor(now.values.length / 6) }, (_, i) => [String(6 * i - data.months.before), percent(now!.values[6 * i], 1)]) : [],
  }));
  const answer = h("p", { class: "verdict", role: "status" });
  const tally = h("p", { class: "note" });
  const pick = (set: Round[]): Round | null => set[Math.floor(Math.random() * set.length)] ?? null;
  const buttons = (["shock", "luck"] as const).map((what) => h("button", { type: "button", class: "primary", onclick: () => guess(what) }, t(`luck.${what}`)));
  const next = h("button", { type: "button", onclick: () => deal() }, t("luck.next"));

  const deal = (): void => {
    const none = rounds.filter((one) => one.none);
    const some = rounds.filter((one) => !one.none);
    // without both there is nothing to guess
    now = none.length && some.length ? pick(Math.random() < 0.5 ? none : some) : null;
    open = now !== null;
    answer.textContent = now ? "" : t("luck.empty");
    answer.className = "verdict";
    for (const button of buttons) button.disabled = !open;
    if (!now) return;
    chart.chart.setOption(curvesOption([{ name: "?", who: "throw", thin: true, values: now.values, from: -data.months.before }], { from: -data.months.before, to: data.months.after }), true);
    chart.refresh();
    say(t("luck.dealt", { low: percent(Math.min(...Array.from(now.values).filter(Number.isFinite))) }));
  };
  const guess = (what: "shock" | "luck"): void => {
    if (!now || !open) return;
    open = false;
    all += 1;
    const good = (what === "luck") === now.none;
    if (good) right += 1;
    answer.className = `verdict ${good ? "better" : "worse"}`;
    answer.textContent = `${good ? "▲" : "▼"} ${t(good ? "luck.right" : "luck.wrong")} ${t("luck.it_was", { what: branchName(data, store.branch(now.branch)) })}`;
    tally.textContent = t("luck.tally", { right, all });
    for (const button of buttons) button.disabled = true;
  };
  void deck(store).then((found) => {
    rounds = found;
    deal();
  });
  return h(
    "section",
    { "aria-labelledby": "luck-title" },
    h("h1", { id: "luck-title" }, t("luck.title")),
    h("p", { class: "lead" }, t("luck.lead")),
    chart.element,
    h("div", { class: "buttons" }, ...buttons, next),
    answer,
    tally,
    h("p", null, t("luck.why")),
  );
}
