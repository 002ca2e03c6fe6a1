// Behind "more": mechanisms that can be switched off, payment in stages, and money. Only the server runs them.

import { cardTitle } from "./catalogue";
import type { Card, PageData } from "./data";
import { fill, fold, h, say } from "./dom";
import { t, tOr } from "./i18n";
import { settingsOf } from "./settings";
import type { Model, State, Who } from "./state";

/** EUR a month that an instrument is given where its card says nothing. */
const MONEY = 1_000_000;
export const WHO = ["a", "b"] as const;

/** Keys of a kind, with what stands in front of its settings. */
const of = (card: Pick<Card, "family" | "kind">): string => `${card.family}.${card.kind}.`;

function without(keys: Record<string, unknown>, stem: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(keys).filter(([key]) => !key.startsWith(stem)));
}

/** Whether a key is that by which a card is there at all. */
const whole = (key: string): boolean => /^(?:decisions|funders|instruments)\.\w+\.(?:kind|monthly_eur)$/.test(key);

/** Of what both policies share, what is not as in the grid. */
function unlike(keys: Record<string, unknown>, data: PageData): [string, unknown][] {
  return Object.entries(keys).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(data.base?.[key]));
}

/** Put a card to use with settings of its own; what was set of it before is forgotten. */
export function put(model: Model, data: PageData, card: Card, who: Who | "both", settings: Record<string, unknown>): void {
  const still = { broken: false, month: -1 };
  const stem = of(card);
  const money = card.settings?.find((one) => one.name === "monthly_eur")?.value ?? MONEY;
  const needed = (keys: Record<string, unknown> | null): Record<string, unknown> | null => (card.needs ? { ...(keys ?? data.base), ...card.needs } : keys);
  const named = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${stem}${name}`, value]));
  if (card.family === "shocks") model.set({ shock: { kind: card.kind, countries: [], settings }, base: needed(model.state.base), ...still });
  else if (who !== "both") {
    const mine = { ...without(model.state.extra[who], stem), [`${stem}monthly_eur`]: money, ...named };
    model.set({ extra: { ...model.state.extra, [who]: mine }, base: needed(model.state.base), ...still });
  } else {
    const base = { ...without(model.state.base ?? data.base ?? {}, stem), [`${stem}kind`]: card.kind, ...named };
    // an instrument that a decision starts has to be there
    if (settings.instrument) base[`instruments.${String(settings.instrument)}.kind`] = settings.instrument;
    model.set({ base: needed(base), ...still });
  }
}

/** Mechanisms and money beyond the levers of the headline. */
export function more(data: PageData, model: Model): { element: HTMLElement } {
  const server = data.source === "server";
  const switches = mechanisms(data, model);
  const part = fold(t("more"), () => {
    if (!server) return [h("p", null, t("more.file")), h("pre", { tabindex: "0" }, h("code", null, "python -m ecosim explore")), h("button", { type: "button", onclick: () => model.set({ view: "cards" }) }, t("more.cards"))];
    const instruments = chooser(data, model, t("instruments"), t("instrument"), ["instruments"], WHO);
    const deciders = chooser(data, model, t("deciders"), t("decider"), ["decisions", "funders"], ["both"]);
    return [switches.element, stages(model), hardness(data, model), instruments, deciders];
  });
  const list = h("ul", { class: "chips" });
  const dress = (): void => fill(list, chosen(data, model));
  dress();
  // what a card set is seen here too
  model.on((_, changed) => {
    if (changed.has("extra") || changed.has("base") || changed.has("shock")) dress();
    if (changed.has("off") || changed.has("base")) switches.dress();
  });
  // seen while the part is closed: what is set changes every answer
  return { element: h("div", { class: "more" }, part.element, list) };
}

/** A switch for each mechanism: what is on may be off, and what is off at first may be on. */
function mechanisms(data: PageData, model: Model): { element: HTMLElement; dress(): void } {
  const still = { broken: false, month: -1 };
  // the page's world has a rest of the world, of which nothing is known about health
  const all = (data.mechanisms ?? []).filter((one) => one.on || one.key !== "health");
  const isOn = (key: string, usual: boolean): boolean => (usual ? !model.state.off.includes(key) : model.state.base?.[`mechanisms.${key}`] === true);
  const turn = (key: string, usual: boolean): void => {
    const { off, base } = model.state;
    if (usual) return model.set({ off: off.includes(key) ? off.filter((other) => other !== key) : [...off, key], ...still });
    const rest = without(base ?? data.base ?? {}, `mechanisms.${key}`);
    const left = isOn(key, usual) ? rest : { ...rest, [`mechanisms.${key}`]: true };
    model.set({ base: unlike(left, data).length ? left : null, ...still });
  };
  const buttons = all.map((one) => h("button", { type: "button", role: "switch", title: tOr(`mechanism.${one.key}.what`, one.what), onclick: () => turn(one.key, one.on) }));
  const dress = (): void =>
    all.forEach((one, k) => {
      const on = isOn(one.key, one.on);
      buttons[k].setAttribute("aria-checked", String(on));
      fill(buttons[k], h("span", { "aria-hidden": "true" }, on ? "● " : "○ "), `${tOr(`mechanism.${one.key}`, one.label)}: ${on ? t("on") : t("off")}`);
    });
  dress();
  return { element: h("fieldset", { class: "mechanisms" }, h("legend", null, t("mechanisms")), h("p", { class: "note" }, t("mechanisms.what")), ...buttons), dress };
}

/** How much is paid when work starts, and in how many parts the rest follows. */
function stages(model: Model): HTMLElement {
  const first = h("input", { type: "number", min: 0, max: 100, step: 5, value: 40 });
  const parts = h("input", { type: "number", min: 0, max: 24, step: 1, value: 2 });
  const set = (who: Who): void => 
    model.set({ extra: { ...model.state.extra, [who]: { ...model.state.extra[who], "programme.prefinancing": Number(first.value) / 100, "programme.tranches": Number(parts.value) } }, broken: false, month: -1 });
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

/** A list of cards, the settings of the one that is chosen, and buttons that put it to use. */
function chooser(data: PageData, model: Model, title: string, label: string, families: string[], who: readonly (Who | "both")[]): HTMLElement {
  const kinds = data.cards.filter((card) => families.includes(card.family));
  const select = h("select", { onchange: () => draw() }, ...families.map((family) => h("optgroup", { label: t(`family.${family}`) }, ...kinds.filter((card) => card.family === family).map((card) => h("option", { value: of(card) }, cardTitle(card))))));
  const place = h("div");
  let read: () => Record<string, unknown> | null = () => ({});
  const chosen = (): Card => kinds.find((card) => of(card) === select.value)!;
  const draw = (): void => {
    const form = kinds.length ? settingsOf(chosen(), data) : null;
    read = form ? form.read : () => ({});
    fill(place, form?.element ?? null);
  };
  draw();
  const act = (side: Who | "both"): void => {
    const settings = read();
    if (!settings || !kinds.length) return;
    put(model, data, chosen(), side, settings);
    say(t("chosen", { what: cardTitle(chosen()) }));
  };
  return h(
    "fieldset",
    null,
    h("legend", null, title),
    h("label", { class: "field" }, h("span", null, label), select),
    place,
    h("div", { class: "buttons" }, ...who.map((side) => h("button", { type: "button", onclick: () => act(side) }, t("use.in", { who: t(`policy.${side}`) })))),
  );
}

/** What is set beyond the levers, each with a button that takes it away; with a card, what was set of it goes too. */
function chosen(data: PageData, model: Model): HTMLElement[] {
  const still = { broken: false, month: -1 };
  const chip = (who: string, key: string, value: unknown, remove: () => void): HTMLElement => {
    const card = whole(key) ? data.cards.find((one) => key.startsWith(of(one))) : undefined;
    return h("li", null, `${who}: ${key} = ${JSON.stringify(value)} `, card ? `(${cardTitle(card)}) ` : null, h("button", { type: "button", "aria-label": `${t("remove")} ${key}`, onclick: remove }, "×"));
  };
  const rest = (keys: Record<string, unknown>, key: string): Record<string, unknown> =>
    whole(key) ? without(keys, key.slice(0, key.lastIndexOf(".") + 1)) : Object.fromEntries(Object.entries(keys).filter(([other]) => other !== key));
  const { base, extra, shock } = model.state;
  const own = WHO.flatMap((who) => Object.entries(extra[who]).map(([key, value]) => chip(t(`policy.${who}`), key, value, () => model.set({ extra: { ...extra, [who]: rest(extra[who], key) }, ...still }))));
  const share = (key: string): void => {
    const left = { ...data.base, ...rest(base ?? {}, key) };
    model.set({ base: unlike(left, data).length ? left : null, ...still });
  };
  const settings = shock?.settings ?? {};
  return [
    ...own,
    ...Object.entries(settings).map(([key, value]) => chip(t("policy.both"), key, value, () => model.set({ shock: { ...shock!, settings: rest(settings, key) }, ...still }))),
    ...unlike(base ?? {}, data).map(([key, value]) => chip(t("policy.both"), key, value, () => share(key))),
  ];
}
