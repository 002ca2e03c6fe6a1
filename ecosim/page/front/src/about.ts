// What the page is, what it rests on, and whose work it holds.

import licences from "./licences.json";
import type { PageData } from "./data";
import { h, table } from "./dom";
import { language, t } from "./i18n";
import { assumptionRow } from "./scores";

export function about(data: PageData, draws: number): HTMLElement {
  const rows = data.assumptions.map(assumptionRow);
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
    rows.length && language() !== "en" ? h("p", { class: "note" }, t("about.english")) : null,
    rows.length ? table(t("about.assumptions"), [t("why.assumption"), t("why.value"), t("why.range"), t("why.source"), t("why.what")], rows) : null,
    h("h2", null, t("about.licences")),
    h("p", null, t("about.licences.what")),
    ...licences.map((one) => h("details", { class: "card" }, h("summary", null, `${one.name} ${one.version} (${one.licence})`), h("pre", { tabindex: "0" }, one.text))),
  );
}
