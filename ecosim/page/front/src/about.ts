// What the page is, what it rests on, and whose work it holds.

import licences from "./licences.json";
import type { PageData } from "./data";
import { h, table } from "./dom";
import { number, t } from "./i18n";

export function about(data: PageData, draws: number): HTMLElement {
  const rows = data.assumptions.map((one) => [one.label ?? one.key, typeof one.value === "number" ? number(one.value, 4) : String(one.value ?? "–"), one.range ? one.range.map((x) => (typeof x === "number" ? number(x, 4) : String(x))).join(" – ") : "–", one.source, one.what]);
  return h(
    "section",
    { class: "about", "aria-labelledby": "about-title" },
    h("h1", { id: "about-title" }, t("about.title")),
    h("p", { class: "lead" }, t("about.lead")),
    h("p", null, t("about.twin")),
    h("p", null, t("about.draws")),
    h("p", null, t("about.grid", { n: draws })),
    h("p", null, t("about.private")),
    h("p", { class: "note" }, t("about.version", { version: data.version, made: data.made })),
    rows.length ? h("h2", null, t("about.assumptions")) : null,
    rows.length ? table(t("about.assumptions"), [t("why.assumption"), t("why.value"), t("why.range"), t("why.source"), t("why.what")], rows) : null,
    h("h2", null, t("about.licences")),
    h("p", null, t("about.licences.what")),
    ...licences.map((one) => h("details", { class: "card" }, h("summary", null, `${one.name} ${one.version} (${one.licence})`), h("pre", { tabindex: "0" }, one.text))),
  );
}
