// Every card of the catalogue: what there is, what it costs, how sure that is.

import type { Card, PageData } from "./data";
import { fill, h, say } from "./dom";
import { percent, t, tOr } from "./i18n";
import { MONEY, payment, setExtra } from "./more";
import type { Model } from "./state";

/** A row of a card, left out where there is nothing to say. */
function line(name: string, value: string | null | undefined): (HTMLElement | null)[] {
  return value ? [h("dt", null, name), h("dd", null, value)] : [];
}

function handleText(raw: unknown): string {
  if (Array.isArray(raw)) return raw.map(String).join(": ");
  return String(raw).replaceAll("_", " ");
}

/** Buttons that put a card to use on the front act; a shock, a decision and a funder are the same for both policies. */
function use(card: Card, data: PageData, model: Model): HTMLElement | null {
  if (data.source !== "server") return null;
  const button = (who: string, act: () => void): HTMLElement =>
    h("button", { type: "button", onclick: () => {
      act();
      model.set({ view: "act" });
      say(t("chosen", { what: tOr(`card.${card.kind}`, card.title) }));
    } }, t("use.in", { who }));
  const still = { broken: false, month: -1 };
  const buttons =
    card.family === "instruments"
      ? (["a", "b"] as const).map((who) => button(t(`policy.${who}`), () => setExtra(model, who, { [payment(card.kind)]: MONEY })))
      : card.family === "shocks"
        ? [button(t("policy.both"), () => model.set({ shock: { kind: card.kind, countries: [] }, ...still }))]
        : [button(t("policy.both"), () => model.set({ base: { ...(model.state.base ?? data.base), [`${card.family}.${card.kind}.kind`]: card.kind }, ...still }))];
  return h("div", { class: "buttons" }, ...buttons);
}

function show(card: Card, data: PageData, model: Model): HTMLElement {
  const grade = card.grade || card.evidence;
  return h(
    "details",
    { class: "card" },
    h("summary", null, h("span", { class: "card-title" }, tOr(`card.${card.kind}`, card.title)), " ", h("span", { class: "tag" }, t(`family.${card.family}`)), grade ? h("span", { class: "tag" }, t("card.grade", { grade })) : null),
    h("p", null, card.what),
    h(
      "dl",
      null,
      ...line(t("card.price"), card.price),
      ...line(t("card.limit"), card.limit === null || card.limit === undefined ? null : percent(card.limit)),
      ...line(t("card.evidence"), card.evidence && card.evidence !== grade ? card.evidence : card.grade ? t(`grade.${grade}`) : null),
      ...line(t("card.handles"), (card.handles ?? []).map(handleText).join(", ")),
      ...line(t("card.name"), card.kind),
    ),
    use(card, data, model),
  );
}

export function cards(data: PageData, model: Model): HTMLElement {
  const list = h("div", { class: "cards" });
  const count = h("p", { class: "note" });
  const families = [...new Set(data.cards.map((card) => card.family))];
  const search = h("input", { type: "search", oninput: () => draw(true) });
  const family = h("select", { onchange: () => draw(true) }, h("option", { value: "" }, t("cards.all")), ...families.map((name) => h("option", { value: name }, t(`family.${name}`))));
  const draw = (tell: boolean): void => {
    const wanted = search.value.trim().toLowerCase();
    const found = data.cards.filter((card) => (!family.value || card.family === family.value) && (!wanted || `${card.title} ${card.kind} ${card.what}`.toLowerCase().includes(wanted)));
    fill(list, found.map((card) => show(card, data, model)));
    count.textContent = t("cards.count", { n: found.length });
    if (tell) say(count.textContent);
  };
  draw(false);
  return h(
    "section",
    { "aria-labelledby": "cards-title" },
    h("h1", { id: "cards-title" }, t("cards.title")),
    h("p", { class: "lead" }, t("cards.lead"), " ", data.source === "server" ? t("cards.server") : t("cards.file")),
    h("div", { class: "fields" }, h("label", { class: "field" }, h("span", null, t("cards.search")), search), h("label", { class: "field" }, h("span", null, t("cards.family")), family)),
    count,
    list,
  );
}
