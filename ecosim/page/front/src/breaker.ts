// What breaks: a kind of shock, and the countries that it hits. From the branches of the grid; the server takes others.

import { cardTitle } from "./catalogue";
import type { Branch, PageData } from "./data";
import { h, say } from "./dom";
import { t, tOr } from "./i18n";
import type { Model, State } from "./state";

/** Name of a kind of shock. */
export function shockName(data: PageData, kind: string): string {
  const card = data.cards.find((one) => one.family === "shocks" && one.kind === kind);
  return tOr(`shock.${kind}`, cardTitle({ family: "shocks", kind, title: card?.title ?? kind.replaceAll("_", " ") }));
}

/** Whom a shock of the reader's own hits, in words. */
export function whoText(data: PageData, kind: string, countries: string[]): string {
  if (countries.length) return countries.map((code) => countryName(data, code)).join(", ");
  const card = data.cards.find((one) => one.family === "shocks" && one.kind === kind);
  return card?.hits === "drawn" ? t("drawn") : t("everyone");
}

/** What is hit, as the state has it. */
export function hitBy(state: State, data: PageData): { kind: string; countries: string[]; none: boolean } {
  if (state.shock) return { kind: state.shock.kind, countries: state.shock.countries, none: false };
  const branch = data.branches.find((one) => one.id === state.branch) ?? data.branches[0];
  return { kind: branch.shock ?? "none", countries: branch.countries, none: branch.none };
}

/** Name of a country. */
export function countryName(data: PageData, iso3: string): string {
  const found = data.countries.find((one) => one.iso3 === iso3)?.name ?? iso3;
  try {
    const two = ISO2[iso3];
    return (two && new Intl.DisplayNames([document.documentElement.lang], { type: "region" }).of(two)) || found;
  } catch {
    return found;
  }
}

// the two letters that browsers know regions by
const ISO2: Record<string, string> = Object.fromEntries(
  ("ALB:AL ARE:AE ARG:AR AUS:AU AUT:AT BEL:BE BGR:BG BIH:BA BRA:BR CAN:CA CHE:CH CHL:CL CHN:CN COL:CO CYP:CY CZE:CZ DEU:DE DNK:DK EGY:EG ESP:ES EST:EE " +
    "FIN:FI FRA:FR GBR:GB GEO:GE GRC:GR HRV:HR HUN:HU IDN:ID IND:IN IRL:IE IRN:IR ISL:IS ISR:IL ITA:IT JPN:JP KEN:KE KOR:KR LTU:LT LUX:LU LVA:LV MAR:MA " +
    "MDA:MD MEX:MX MKD:MK MLT:MT MNE:ME MYS:MY NGA:NG NLD:NL NOR:NO NZL:NZ PAK:PK POL:PL PRT:PT ROU:RO RUS:RU SAU:SA SGP:SG SRB:RS SVK:SK SVN:SI SWE:SE " +
    "THA:TH TUN:TN TUR:TR TWN:TW UKR:UA USA:US VNM:VN ZAF:ZA ARM:AM BLR:BY FRO:FO").split(" ").map((pair) => pair.split(":") as [string, string]),
);

/** A branch in the reader's language. */
export function branchName(data: PageData, branch: Branch): string {
  if (branch.shock === null) return t("branch.none");
  if (!branch.countries.length) return tOr(`branch.${branch.id}`, branch.label || shockName(data, branch.shock));
  if (branch.countries.length > 3) return t("branch.many", { shock: shockName(data, branch.shock), n: branch.countries.length, first: countryName(data, branch.countries[0]) });
  return t("branch.of", { shock: shockName(data, branch.shock), countries: branch.countries.map((code) => countryName(data, code)).join(", ") });
}

/** Countries that a tap can break: those of a branch with the kind that is chosen, alone. */
export function tappable(state: State, data: PageData): Set<string> {
  if (data.source === "server") return new Set(data.countries.map((one) => one.iso3));
  const kind = hitBy(state, data).kind;
  return new Set(data.branches.filter((one) => !one.none && one.shock === kind && one.countries.length === 1).map((one) => one.countries[0]));
}

/** Choose a shock; the bet is open again. */
function choose(model: Model, patch: Partial<State>): void {
  model.set({ ...patch, broken: false, month: -1 });
}

/** A country was tapped. */
export function tap(model: Model, data: PageData, iso3: string): void {
  const { kind, none } = hitBy(model.state, data);
  const found =
    data.branches.find((one) => !one.none && one.shock === kind && one.countries.length === 1 && one.countries[0] === iso3) ??
    (none ? data.branches.find((one) => one.countries.length === 1 && one.countries[0] === iso3) : undefined);
  if (found) {
    choose(model, { branch: found.id, shock: null });
    say(t("chosen", { what: branchName(data, found) }));
  } else if (data.source === "server") {
    const named = none ? "diplomatic_rupture" : kind;
    choose(model, { shock: { kind: named, countries: [iso3] } });
    say(t("chosen", { what: `${shockName(data, named)}: ${countryName(data, iso3)}` }));
  } else say(t("not_here", { country: countryName(data, iso3) }));
}

/** Two lists to choose from: kind and who is hit. */
export function breaker(data: PageData, model: Model): { element: HTMLElement; update(): void } {
  const server = data.source === "server";
  const kinds = [...new Set(data.branches.flatMap((one) => one.shock ?? []))];
  if (server) for (const card of data.cards) if (card.family === "shocks" && !kinds.includes(card.kind)) kinds.push(card.kind);
  const placebo = data.branches.find((one) => one.none);
  const kindSelect = h("select", {
    onchange: () => {
      const kind = kindSelect.value;
      if (placebo && kind === "none") return choose(model, { branch: placebo.id, shock: null });
      const now = hitBy(model.state, data).countries;
      const same = data.branches.filter((one) => !one.none && one.shock === kind);
      const best = same.find((one) => one.countries.join() === now.join()) ?? same[0];
      if (best) choose(model, { branch: best.id, shock: null });
      else choose(model, { shock: { kind, countries: now.length ? now : [] } });
    },
  });
  const whoSelect = h("select", {
    onchange: () => {
      if (whoSelect.value.startsWith("iso:")) {
        const countries = whoSelect.value === "iso:" ? [] : [whoSelect.value.slice(4)];
        choose(model, { shock: { kind: hitBy(model.state, data).kind, countries } });
      } else choose(model, { branch: whoSelect.value, shock: null });
    },
  });
  const whoLabel = h("label", { class: "field" }, h("span", null, t("break.who")), whoSelect);
  for (const kind of kinds) kindSelect.append(h("option", { value: kind }, shockName(data, kind)));
  if (placebo) kindSelect.append(h("option", { value: "none" }, t("branch.none")));
  const update = (): void => {
    const { kind, countries, none } = hitBy(model.state, data);
    kindSelect.value = none ? "none" : kind;
    whoLabel.hidden = none;
    const here = data.branches.filter((one) => !one.none && one.shock === kind);
    whoSelect.replaceChildren(
      ...here.map((one) => h("option", { value: one.id }, one.countries.length ? one.countries.length > 3 ? t("countries.many", { n: one.countries.length, first: countryName(data, one.countries[0]) }) : one.countries.map((code) => countryName(data, code)).join(", ") : tOr(`branch.${one.id}.who`, t("everyone")))),
    );
    if (server) {
      const taken = new Set(here.filter((one) => one.countries.length === 1).map((one) => one.countries[0]));
      const rest = data.countries.filter((one) => !taken.has(one.iso3));
      whoSelect.append(h("optgroup", { label: t("break.server") }, h("option", { value: "iso:" }, whoText(data, kind, [])), ...rest.map((one) => h("option", { value: `iso:${one.iso3}` }, countryName(data, one.iso3)))));
    }
    whoSelect.value = model.state.shock ? `iso:${countries[0] ?? ""}` : model.state.branch;
  };
  update();
  return { element: h("div", { class: "fields" }, h("label", { class: "field" }, h("span", null, t("break.kind")), kindSelect), whoLabel), update };
}
