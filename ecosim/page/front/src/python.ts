// "Show the Python": the code and the command that give the same numbers, in the words of ecosim/page/ask.py.

import type { RunResult, Store } from "./data";
import { download, h, say } from "./dom";
import { t } from "./i18n";
import { toYaml } from "./server";
import type { Body } from "./share";
import { bodyOf } from "./share";
import type { Model } from "./state";

/** Name of the factor whose levels are the two policies. */
const FACTOR = "side";
const FAMILIES = ["shocks", "decisions", "instruments", "funders"];

/** A value in Hydra's grammar; text always in quotes, so that nothing in it is grammar. */
export function written(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value as object).map(([key, item]) => `${key}: ${written(item)}`).join(", ")}}`;
  return `'${String(value).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A body as words of `ecosim sweep`: both policies, the same dice, every draw. */
export function words(body: Body): string[] {
  const base = { ...body.base };
  const { a, b } = body.policies;
  const chosen: string[] = [];
  if ("world.preset" in base) {
    chosen.push(`world=${String(base["world.preset"])}`);
    delete base["world.preset"];
  }
  const named = new Map<string, Set<string>>();
  for (const key of [...Object.keys(base), ...Object.keys(a), ...Object.keys(b)]) {
    const [section, name] = key.split(".");
    if (FAMILIES.includes(section)) named.set(section, (named.get(section) ?? new Set()).add(name));
  }
  for (const [section, names] of named) chosen.push(`${section}=[${[...names].join(",")}]`);
  const laid: string[] = [];
  if (body.shock) {
    const name = body.shock.name ?? [body.shock.kind, ...body.shock.countries.map((code) => code.toLowerCase())].join("_");
    chosen.push(`shocks=[${name}]`);
    laid.push(`shocks.${name}.kind=${body.shock.kind}`);
    if (body.shock.countries.length) laid.push(`shocks.${name}.targets=${written(body.shock.countries)}`);
    for (const [key, value] of Object.entries(body.shock.settings ?? {})) laid.push(`shocks.${name}.${key}=${written(value)}`);
  }
  const kindsFirst = Object.entries(base).sort((x, y) => Number(!x[0].endsWith(".kind")) - Number(!y[0].endsWith(".kind")));
  laid.push(...kindsFirst.map(([key, value]) => `${key}=${written(value)}`));
  laid.push(...body.off.map((name) => `mechanisms.${name}=false`));
  const same = JSON.stringify(a) === JSON.stringify(b);
  return [
    // nothing of the experiment that a sweep runs where none is named
    "experiment=none",
    ...chosen,
    ...laid,
    `seed=${body.seed}`,
    "experiment.name=page",
    `experiment.replicates=${body.draws}`,
    "experiment.draw_parameters=true",
    "experiment.equal_budget=true",
    "experiment.placebos.organisation=all",
    `experiment.factors=${written({ [FACTOR]: same ? { a } : { a, b } })}`,
    `experiment.reference={${FACTOR}: ${same ? "a" : "b"}}`,
  ];
}

/** A word that a shell takes as one. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** Text as Python writes it. */
function literal(word: string): string {
  const plain = word.replaceAll("\\", "\\\\");
  return plain.includes("'") && !plain.includes('"') ? `"${plain}"` : `'${plain.replaceAll("'", "\\'")}'`;
}

/** The line that gives the same numbers in a shell. */
export function command(body: Body): string {
  return ["ecosim", "sweep", ...words(body)].map(quoted).join(" ");
}

/** The lines that give the same numbers in Python. */
export function python(body: Body): string {
  const listed = words(body).map((word) => `    ${literal(word)},\n`).join("");
  return `import ecosim\n\nresult = ecosim.sweep(\n${listed})\nprint(result.runs[["history_id", "replicate", "arm", "sustained_collaboration", "area_output"]])\n`;
}

/** Code and command for what is shown. */
export function pythonOf(store: Store, model: Model, result: RunResult | null): (Node | null)[] {
  const { data } = store;
  const body = bodyOf(model.state, data, store.draws);
  const code = result?.python ?? python(body);
  const line = result?.command ?? command(body);
  const part = (text: string): HTMLElement[] => [
    h("pre", { tabindex: "0" }, h("code", null, text)),
    h("button", { type: "button", onclick: () => void navigator.clipboard?.writeText(text).then(() => say(t("copied"))) }, t("copy")),
  ];
  const problem = h("p", { class: "note", role: "alert" });
  const tell = (error: Error): void => {
    problem.textContent = error.message;
  };
  const yaml =
    data.source === "server"
      ? h(
          "div",
          { class: "buttons" },
          ...(["a", "b"] as const).map((who) =>
            h("button", { type: "button", onclick: () => void toYaml(body, who, model.state.throw).then((text) => download(`ecosim-${who}.yaml`, text, "text/yaml"), tell) }, t("yaml.save", { who: t(`policy.${who}`) })),
          ),
          problem,
        )
      : null;
  return [h("p", null, t("python.what")), ...part(code), h("p", null, t("why.command")), ...part(line), yaml];
}
