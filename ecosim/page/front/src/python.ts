// "Show the Python": the code and the command that give the same numbers, in the words of ecosim/page/ask.py.

import type { PageData, RunResult, Store } from "./data";
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

/** Level that only lends its calm output. */
const USUAL = "usual";

const same = (x: unknown, y: unknown): boolean => JSON.stringify(x) === JSON.stringify(y);

/** A body as words of `ecosim sweep`: both policies, the same dice, every draw; output beside that of `usual`, else of B. */
export function words(body: Body, usual: Record<string, unknown> | null = null): string[] {
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
  // what one policy pays for the other has without its money
  const paid = new Set([...Object.keys(a), ...Object.keys(b)].filter((key) => /^instruments\.\w+\.monthly_eur$/.test(key) && !(key in base)));
  const laid: string[] = [...paid].map((key) => `${key}=0`);
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
  const policies: Record<string, Record<string, unknown>> = same(a, b) ? { a } : { a, b };
  let reference = same(a, b) ? "a" : "b";
  if (usual) {
    reference = Object.keys(policies).find((side) => same(policies[side], usual)) ?? USUAL;
    policies[reference] ??= usual;
  }
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
    `experiment.factors=${written({ [FACTOR]: policies })}`,
    `experiment.reference={${FACTOR}: ${reference}}`,
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

/** The lines that give the same numbers in a shell: the sweep, then its three scores. */
export function command(body: Body, usual: Record<string, unknown> | null = null): string {
  return `${["ecosim", "sweep", ...words(body, usual)].map(quoted).join(" ")}\npython -m ecosim.page.scores`;
}

/** The lines that give the same numbers in Python. */
export function python(body: Body, usual: Record<string, unknown> | null = null): string {
  const listed = words(body, usual).map((word) => `    ${literal(word)},\n`).join("");
  return `import ecosim\nfrom ecosim.page.scores import scores\n\nresult = ecosim.sweep(\n${listed})\nprint(scores(result).to_string(index=False))\n`;
}

/** The policy beside whose calm output the file's scores stand: every lever at its usual place. */
function usualOf(data: PageData): Record<string, unknown> {
  return Object.assign({}, ...data.levers.map((lever) => lever.sets[lever.default]));
}

/** Code and command of what is shown: those of the run, or of this cell of the file. */
export function toRepeat(store: Store, model: Model, result: RunResult | null): { code: string; line: string } {
  if (result) return { code: result.python, line: result.command };
  const body = bodyOf(model.state, store.data, store.draws);
  const usual = usualOf(store.data);
  return { code: python(body, usual), line: command(body, usual) };
}

/** Code and command for what is shown. */
export function pythonOf(store: Store, model: Model, result: RunResult | null): (Node | null)[] {
  const { data } = store;
  const body = bodyOf(model.state, data, store.draws);
  const { code, line } = toRepeat(store, model, result);
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
