// Levers: sliders that stop at the places of the grid, and only there.

import type { Lever, PageData } from "./data";
import { h, say } from "./dom";
import { t, tOr } from "./i18n";
import type { Model, Who } from "./state";
import { shared } from "./state";

/** Name of a lever in the reader's language, or as the data have it. */
export function leverName(lever: Lever): string {
  return tOr(`lever.${lever.key}`, lever.label);
}

/** Place of a lever in words. */
export function leverValue(lever: Lever, at: number): string {
  const text = lever.labels[at] ?? String(lever.values[at]);
  return tOr(`lever.${lever.key}.${text}`, text);
}

/** A policy in words. */
export function policyText(data: PageData, policy: number[]): string {
  return data.levers.flatMap((lever, i) => (shared(data, i) ? [] : [`${leverName(lever)}: ${leverValue(lever, policy[i])}`])).join("; ");
}

function slider(data: PageData, model: Model, index: number, who: Who | "both"): { row: HTMLElement; update(): void } {
  const lever = data.levers[index];
  const side: Who = who === "both" ? "a" : who;
  const output = h("output");
  const input = h("input", {
    type: "range", min: 0, max: lever.values.length - 1, step: 1,
    "aria-label": `${who === "both" ? "" : `${t(`policy.${who}`)}: `}${leverName(lever)}`,
    oninput: () => {
      const at = Number(input.value);
      const next = (old: number[]): number[] => old.map((value, i) => (i === index ? at : value));
      const { a, b } = model.state;
      model.set(who === "both" ? { a: next(a), b: next(b) } : who === "a" ? { a: next(a) } : { b: next(b) });
      say(`${leverName(lever)}: ${leverValue(lever, at)}`);
    },
  });
  const update = (): void => {
    const at = model.state[side][index];
    input.value = String(at);
    output.textContent = leverValue(lever, at);
    input.setAttribute("aria-valuetext", leverValue(lever, at));
  };
  update();
  return { row: h("label", { class: "lever" }, h("span", { class: "lever-name" }, leverName(lever)), input, output), update };
}

/** The sliders of both policies, and those of the world. */
export function levers(data: PageData, model: Model): { element: HTMLElement; update(): void } {
  const rows: { row: HTMLElement; update(): void }[] = [];
  const column = (who: Who | "both"): HTMLElement[] =>
    data.levers.flatMap((_, i) => {
      if (shared(data, i) !== (who === "both")) return [];
      const made = slider(data, model, i, who);
      rows.push(made);
      return [made.row];
    });
  const group = (who: Who): HTMLElement =>
    h("fieldset", { class: `levers ${who}` }, h("legend", null, h("span", { class: `mark ${who}`, "aria-hidden": "true" }), t(`policy.${who}`)), ...column(who));
  const world = column("both");
  const element = h(
    "div",
    { class: "lever-block" },
    group("a"),
    group("b"),
    world.length ? h("fieldset", { class: "levers world" }, h("legend", null, t("world")), h("p", { class: "note" }, t("world.what")), ...world) : null,
  );
  return { element, update: () => rows.forEach((row) => row.update()) };
}
