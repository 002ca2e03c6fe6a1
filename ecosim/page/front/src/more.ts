// Behind "more": mechanisms that can be switched off, and instruments that can be paid for. Only the server runs them.

import type { PageData } from "./data";
import { fill, fold, h } from "./dom";
import { t, tOr } from "./i18n";
import type { Model, Who } from "./state";

/** EUR a month that an instrument is given at first. */
const MONEY = 1_000_000;

/** Key that pays an instrument. */
const payment = (kind: string): string => `instruments.${kind}.monthly_eur`;

/** Mechanisms and money beyond the levers of the headline. */
export function more(data: PageData, model: Model): { element: HTMLElement } {
  const server = data.source === "server";
  const part = fold(t("more"), () => {
    if (!server) return [h("p", null, t("more.file")), h("pre", { tabindex: "0" }, h("code", null, "python -m ecosim explore")), h("button", { type: "button", onclick: () => model.set({ view: "cards" }) }, t("more.cards"))];
    return [mechanisms(data, model), instruments(data, model)];
  }, "more");
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
        type: "button", role: "switch", title: one.what,
        onclick: () => {
          const off = model.state.off.includes(one.key);
          model.set({ off: off ? model.state.off.filter((key) => key !== one.key) : [...model.state.off, one.key], broken: false, month: -1 });
          dress();
        },
      });
      const dress = (): void => {
        const on = !model.state.off.includes(one.key);
        button.setAttribute("aria-checked", String(on));
        fill(button, h("span", { "aria-hidden": "true" }, on ? "● " : "○ "), `${one.label}: ${on ? t("on") : t("off")}`);
      };
      dress();
      return button;
    }),
  );
}

function instruments(data: PageData, model: Model): HTMLElement {
  const list = h("ul", { class: "chips" });
  const kinds = data.cards.filter((card) => card.family === "instruments");
  const select = h("select", null, ...kinds.map((card) => h("option", { value: card.kind }, tOr(`card.${card.kind}`, card.title))));
  const money = h("input", { type: "number", min: 0, step: 100000, value: MONEY });
  const set = (who: Who, key: string, value: unknown): void => {
    const extra = { a: { ...model.state.extra.a }, b: { ...model.state.extra.b } };
    if (value === undefined) delete extra[who][key];
    else extra[who][key] = value;
    model.set({ extra, broken: false, month: -1 });
    dress();
  };
  const dress = (): void => {
    fill(
      list,
      (["a", "b"] as const).flatMap((who) =>
        Object.entries(model.state.extra[who]).map(([key, value]) =>
          h("li", null, `${t(`policy.${who}`)}: ${key} = ${JSON.stringify(value)} `, h("button", { type: "button", "aria-label": `${t("remove")} ${key}`, onclick: () => set(who, key, undefined) }, "×")),
        ),
      ),
    );
  };
  dress();
  return h(
    "fieldset",
    null,
    h("legend", null, t("instruments")),
    h("label", { class: "field" }, h("span", null, t("instrument")), select),
    h("label", { class: "field" }, h("span", null, t("money")), money),
    h(
      "div",
      { class: "buttons" },
      ...(["a", "b"] as const).map((who) => h("button", { type: "button", onclick: () => set(who, payment(select.value), Number(money.value)) }, t("pay.in", { who: t(`policy.${who}`) }))),
    ),
    list,
  );
}
