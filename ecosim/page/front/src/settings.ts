// Settings of a card: a field for each, with the value that it has where nothing is said. Only the server runs other ones.

import { cardTitle, choiceName, sentence } from "./catalogue";
import type { Card, PageData, Setting } from "./data";
import { h } from "./dom";
import { number, t } from "./i18n";

export interface Form {
  element: HTMLElement;
  /** Settings that differ from the usual ones; null where a field holds what it may not, which the browser then says. */
  read(): Record<string, unknown> | null;
}

interface Field {
  row: HTMLElement;
  input: HTMLInputElement | HTMLSelectElement;
  value(): unknown;
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** What a text stands for: one of the words that a setting knows, or a list of names between commas. */
function listed(text: string, choices: string[]): unknown {
  const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
  return parts.length === 1 && choices.includes(parts[0]) ? parts[0] : parts;
}

function field(one: Setting, data: PageData): Field {
  const choices = one.choices ?? [];
  const named = (choice: string): string => {
    const card = one.name === "instrument" ? data.cards.find((other) => other.family === "instruments" && other.kind === choice) : undefined;
    return card ? cardTitle(card) : choiceName(choice);
  };
  let input: Field["input"];
  let value: () => unknown;
  let range = "";
  if (one.type === "switch") {
    const box = h("input", { type: "checkbox", checked: one.value === true });
    [input, value] = [box, () => box.checked];
  } else if (one.type === "choice") {
    const options = one.empty || !choices.includes(String(one.value)) ? ["", ...choices] : choices;
    const select = h("select", null, ...options.map((choice) => h("option", { value: choice }, choice ? named(choice) : "–")));
    select.value = asText(one.value);
    [input, value] = [select, () => (select.value || !one.empty ? select.value : null)];
  } else if (one.type === "list") {
    const box = h("input", { type: "text", value: asText(one.value), required: true });
    [input, value] = [box, () => listed(box.value, choices)];
  } else if (one.type === "text") {
    const box = h("input", { type: "text", value: asText(one.value), required: !one.empty });
    [input, value] = [box, () => box.value.trim() || (one.empty ? null : "")];
  } else {
    const box = h("input", { type: "number", min: one.least, max: one.most, step: one.type === "whole" ? 1 : "any", value: asText(one.value), required: !one.empty });
    if (one.least !== undefined && one.most !== undefined) range = ` ${t("settings.range", { least: number(one.least, 4), most: number(one.most, 4) })}`;
    [input, value] = [box, () => (box.value === "" ? null : Number(box.value))];
  }
  const note = one.empty ? `${range} ${t("settings.empty")}` : range;
  return { row: h("label", { class: "field" }, h("span", null, sentence(one.what), note, " ", h("code", null, one.name)), input), input, value };
}

/** Fields for all settings of a card; null where it has none. */
export function settingsOf(card: Card, data: PageData): Form | null {
  const fields = (card.settings ?? []).map((one) => ({ one, ...field(one, data) }));
  if (!fields.length) return null;
  return {
    element: h("fieldset", { class: "settings" }, h("legend", null, t("settings")), ...fields.map((each) => each.row)),
    read() {
      const bad = fields.find((each) => !each.input.checkValidity());
      if (bad) {
        bad.input.reportValidity();
        return null;
      }
      const changed = fields.map((each) => [each.one.name, each.value()] as const).filter(([, value], k) => JSON.stringify(value) !== JSON.stringify(fields[k].one.value));
      return Object.fromEntries(changed);
    },
  };
}
