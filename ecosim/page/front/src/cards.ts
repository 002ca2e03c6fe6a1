// Every card of the catalogue: what there is, what it costs, how sure that is.

import { cardTitle, handleName, sentence, sentenceText } from "./catalogue";
import type { Card, PageData } from "./data";
import { append, fill, h, say } from "./dom";
import { language, percent, t } from "./i18n";
import { put, WHO } from "./more";
import { settingsOf } from "./settings";
import type { Model, Who } from "./state";

/** A row of a card, left out where there is nothing to say. */
function line(name: string, value: Node | string | null | undefined): (HTMLElement | null)[] {
  return value ? [h("dt", null, name), h("dd", null, value)] : [];
}

/** A handle, and what the card does to it. */
function handleText(raw: unknown): string {
  const [name, way] = Array.isArray(raw) ? raw.map(String) : [String(raw)];
  return way ? `${handleName(name)} (${t(`way.${way.replaceAll(/\W+/g, "_")}`)})` : handleName(name);
}

/** Buttons that put a card to use on the front act, with its settings; a shock, a decision and a funder are the same for both policies. */
function use(card: Card, data: PageData, model: Model): (HTMLElement | null)[] {
  if (data.source !== "server") return [];
  const form = settingsOf(card, data);
  const button = (who: Who | "both"): HTMLElement =>
    h("button", { type: "button", onclick: () => {
      const settings = form ? form.read() : {};
      if (!settings) return;
      put(model, data, card, who, settings);
      model.set({ view: "act" });
      say(t("chosen", { what: cardTitle(card) }));
    } }, t("use.in", { who: t(`policy.${who}`) }));
  return [form?.element ?? null, h("div", { class: "buttons" }, ...(card.family === "instruments" ? WHO : (["both"] as const)).map(button))];
}

function show(card: Card, data: PageData, model: Model): HTMLElement {
  const grade = card.grade || card.evidence;
  const body = h("div");
  const element = h(
    "details",
    { class: "card" },
    h("summary", null, h("span", { class: "card-title" }, cardTitle(card)), " ", h("span", { class: "tag" }, t(`family.${card.family}`)), grade ? h("span", { class: "tag" }, t("card.grade", { grade })) : null),
    h("p", null, sentence(card.what)),
    h(
      "dl",
      null,
      ...line(t("card.price"), card.price ? sentence(card.price) : null),
      ...line(t("card.limit"), card.limit === null || card.limit === undefined ? null : percent(card.limit)),
      ...line(t("card.evidence"), card.evidence && card.evidence !== grade ? sentence(card.evidence) : card.grade ? t(`grade.${grade}`) : null),
      ...line(t("card.handles"), (card.handles ?? []).map(handleText).join(", ")),
      ...line(t("card.name"), card.kind),
    ),
    card.health ? h("p", { class: "note" }, t("card.health")) : null,
    body,
  );
  // fields for a hundred cards are made when they are looked at
  element.addEventListener("toggle", () => {
    if (element.open && !body.childElementCount) append(body, use(card, data, model));
  });
  return element;
}

export function cards(data: PageData, model: Model): HTMLElement {
  const list = h("div", { class: "cards" });
  const count = h("p", { class: "note" });
  const families = [...new Set(data.cards.map((card) => card.family))];
  const search = h("input", { type: "search", oninput: () => draw(true) });
  const family = h("select", { onchange: () => draw(true) }, h("option", { value: "" }, t("cards.all")), ...families.map((name) => h("option", { value: name }, t(`family.${name}`))));
  const draw = (tell: boolean): void => {
    const wanted = search.value.trim().toLowerCase();
    const found = data.cards.filter((card) => (!family.value || card.family === family.value) && (!wanted || `${card.title} ${card.kind} ${card.what} ${cardTitle(card)} ${sentenceText(card.what)}`.toLowerCase().includes(wanted)));
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
    language() === "en" ? null : h("p", { class: "note" }, t("cards.english")),
    h("div", { class: "fields" }, h("label", { class: "field" }, h("span", null, t("cards.search")), search), h("label", { class: "field" }, h("span", null, t("cards.family")), family)),
    count,
    list,
  );
}
