// Behind "more": mechanisms that can be switched off, payment in stages, and money. Only the server runs them.

import type { PageData } from "./data";
import { fill, fold, h, say } from "./dom";
import { t, tOr } from "./i18n";
import type { Model, State, Who } from "./state";

/** EUR a month that an instrument is given at first. */
export const MONEY = 1_000_000;
const WHO = ["a", "b"] as const;

/** Key that pays an instrument. */
export const payment = (kind: string): string => `instruments.${kind}.monthly_eur`;

/** Set keys of a policy beyond the levers; undefined takes one away. What was shown is no longer true. */
export function setExtra(model: Model, who: Who, keys: Record<string, unknown>): void {
  const extra = { a: { ...model.state.extra.a }, b: { ...model.state.extra.b } };
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined) delete extra[who][key];
    else extra[who][key] = value;
  }
  model.set({ extra, broken: false, month: -1 });
}

/** Mechanisms and money beyond the levers of the headline. */
export function more(data: PageData, model: Model): { element: HTMLElement } {
  const server = data.source === "server";
  const part = fold(t("more"), () => {
    if (!server) return [h("p", null, t("more.file")), h("pre", { tabindex: "0" }, h("code", null, "python -m ecosim explore")), h("button", { type: "button", onclick: () => model.set({ view: "cards" }) }, t("more.cards"))];
    return [mechanisms(data, model), stages(model), hardness(data, model), instruments(data, model), list];
  }, "more");
  const list = h("ul", { class: "chips" });
  const dress = (): void => fill(list, chosen(data, model));
  dress();
  // what a card set is seen here too
  model.on((_, changed) => {
    if (changed.has("extra") || changed.has("base") || changed.has("shock")) dress();
  });
  return { element: part.element };
}

function mechanisms(data: PageData, model: Model): HTMLElement {
  const all = (data.mechanisms ?? []).filter((one) => one.on);
  return h(
    "fieldset",
    { class: "mechanisms" },
    h("legend", null, t("mechanisms")),
    h("p", { class: "note" }, t("mechanisms.what")),
    ...all.map((one) => {
      const button = h("button", {
        type: "button", role: "switch", title: tOr(`mechanism.${one.key}.what`, one.what),
        onclick: () => {
          const off = model.state.off.includes(one.key);
          model.set({ off: off ? model.state.off.filter((key) => key !== one.key) : [...model.state.off, one.key], broken: false, month: -1 });
          dress();
        },
      });
      const dress = (): void => {
        const on = !model.state.off.includes(one.key);
        button.setAttribute("aria-checked", String(on));
        fill(button, h("span", { "aria-hidden": "true" }, on ? "● " : "○ "), `${tOr(`mechanism.${one.key}`, one.label)}: ${on ? t("on") : t("off")}`);
      };
      dress();
      return button;
    }),
  );
}

/** How much is paid when work starts, and in how many parts the rest follows. */
function stages(model: Model): HTMLElement {
  const first = h("input", { type: "number", min: 0, max: 100, step: 5, value: 40 });
  const parts = h("input", { type: "number", min: 0, max: 24, step: 1, value: 2 });
  const set = (who: Who): void => setExtra(model, who, { "programme.prefinancing": Number(first.value) / 100, "programme.tranches": Number(parts.value) });
  return h(
    "fieldset",
    null,
    h("legend", null, t("pay.stages")),
    h("p", { class: "note" }, t("pay.stages.what")),
    h("label", { class: "field" }, h("span", null, t("pay.prefinancing")), first),
    h("label", { class: "field" }, h("span", null, t("pay.tranches")), parts),
    h("div", { class: "buttons" }, ...WHO.map((who) => h("button", { type: "button", onclick: () => set(who) }, t("use.in", { who: t(`policy.${who}`) })))),
  );
}

/** The shock that is chosen, as one of the reader's own: a branch of the file and its settings, or what was set before. */
function ownShock(data: PageData, model: Model): State["shock"] {
  if (model.state.shock) return model.state.shock;
  const branch = data.branches.find((one) => one.id === model.state.branch);
  return branch && branch.shock !== null ? { kind: branch.shock, countries: branch.countries, settings: branch.settings ?? {}, name: branch.id } : null;
}

/** How much a shock takes, and for how long: settings that every kind has. */
function hardness(data: PageData, model: Model): HTMLElement {
  const part = h("input", { type: "number", min: 0, max: 100, step: 5, value: 100 });
  const months = h("input", { type: "number", min: 1, step: 1 });
  const set = (): void => {
    const shock = ownShock(data, model);
    if (!shock) return say(t("branch.none"));
    const settings = { ...shock.settings, severity: Number(part.value) / 100, ...(months.value ? { duration_months: Number(months.value) } : {}) };
    model.set({ shock: { ...shock, settings }, broken: false, month: -1 });
  };
  return h(
    "fieldset",
    null,
    h("legend", null, t("hard")),
    h("label", { class: "field" }, h("span", null, t("hard.part")), part),
    h("label", { class: "field" }, h("span", null, t("hard.months")), months),
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: set }, t("use.in", { who: t("policy.both") }))),
  );
}

function instruments(data: PageData, model: Model): HTMLElement {
  const kinds = data.cards.filter((card) => card.family === "instruments");
  const select = h("select", null, ...kinds.map((card) => h("option", { value: card.kind }, tOr(`card.${card.kind}`, card.title))));
  const money = h("input", { type: "number", min: 0, step: 100000, value: MONEY });
  return h(
    "fieldset",
    null,
    h("legend", null, t("instruments")),
    h("label", { class: "field" }, h("span", null, t("instrument")), select),
    h("label", { class: "field" }, h("span", null, t("money")), money),
    h(
      "div",
      { class: "buttons" },
      ...WHO.map((who) => h("button", { type: "button", onclick: () => setExtra(model, who, { [payment(select.value)]: Number(money.value) }) }, t("pay.in", { who: t(`policy.${who}`) }))),
    ),
  );
}

/** What is set beyond the levers, each with a button that takes it away. */
function chosen(data: PageData, model: Model): HTMLElement[] {
  const chip = (who: string, key: string, value: unknown, remove: () => void): HTMLElement =>
    h("li", null, `${who}: ${key} = ${JSON.stringify(value)} `, h("button", { type: "button", "aria-label": `${t("remove")} ${key}`, onclick: remove }, "×"));
  const own = WHO.flatMap((who) => Object.entries(model.state.extra[who]).map(([key, value]) => chip(t(`policy.${who}`), key, value, () => setExtra(model, who, { [key]: undefined }))));
  const { base } = model.state;
  const shared = Object.entries(base ?? {}).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(data.base?.[key]));
  const without = (key: string): void => {
    const rest = Object.fromEntries(Object.entries(base ?? {}).filter(([other]) => other !== key));
    if (data.base && key in data.base) rest[key] = data.base[key];
    model.set({ base: shared.length > 1 ? rest : null, broken: false, month: -1 });
  };
  const { shock } = model.state;
  const usual = (key: string): Record<string, unknown> => Object.fromEntries(Object.entries(shock?.settings ?? {}).filter(([other]) => other !== key));
  const set = Object.entries(shock?.settings ?? {}).map(([key, value]) => chip(t("policy.both"), key, value, () => model.set({ shock: { ...shock!, settings: usual(key) }, broken: false, month: -1 })));
  return [...own, ...set, ...shared.map(([key, value]) => chip(t("policy.both"), key, value, () => without(key)))];
}
