// "Show the Python": the code and the command that give the same numbers.

import { bodyOf, readBody } from "./share";
import { hitBy } from "./breaker";
import type { RunResult, Store } from "./data";
import { download, filePicker, h, say } from "./dom";
import { t } from "./i18n";
import { fromYaml, toYaml } from "./server";
import type { Model } from "./state";

/** A value as Hydra reads it in a word of the command line. */
function hydra(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(hydra).join(",")}]`;
  if (value === null) return "null";
  return String(value);
}

/** A word that a shell takes as one. */
function quoted(word: string): string {
  return /^[\w.=/:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A list of words as Python writes it. */
function pythonList(words: string[]): string {
  return `[${words.map((word) => `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(", ")}]`;
}

/** Code and command for what is shown. */
export function pythonOf(store: Store, model: Model, result: RunResult | null): (Node | null)[] {
  const { data } = store;
  const { state } = model;
  const body = bodyOf(state, data, store.draws);
  const words = (policy: Record<string, unknown>): string[] => Object.entries(policy).map(([key, value]) => `${key}=${hydra(value)}`);
  const branch = store.branch(state.branch);
  const hit = hitBy(state, data);
  const shock = hit.none ? [] : (state.shock ? null : branch.overrides) ?? [`shocks=[${hit.kind}]`, ...(hit.countries.length ? [`shocks.${hit.kind}.targets=[${hit.countries.join(",")}]`] : [])];
  const off = state.off.map((key) => `${key}=false`);
  const write = (text: string, list: (words: string[]) => string): string =>
    text
      .replaceAll("{{A}}", list(words(body.policies.a)))
      .replaceAll("{{B}}", list(words(body.policies.b)))
      .replaceAll("{{SHOCK}}", list(shock))
      .replaceAll("{{OFF}}", list(off))
      .replaceAll("{{SEED}}", String(state.seed + state.throw));
  const python = result?.python ?? (data.repeat ? write(data.repeat.python, pythonList) : null);
  const command = result?.command ?? (data.repeat ? write(data.repeat.command, (all) => all.map(quoted).join(" ")) : null);
  const copy = (text: string): HTMLElement =>
    h("button", { type: "button", onclick: () => void navigator.clipboard?.writeText(text).then(() => say(t("copied"))) }, t("copy"));
  const yaml =
    data.source === "server"
      ? h(
          "div",
          { class: "buttons" },
          h("button", { type: "button", onclick: () => void toYaml(body).then((text) => download("ecosim.yaml", text, "text/yaml"), (error: Error) => say(error.message)) }, t("yaml.save")),
          filePicker(t("yaml.open"), ".yaml,.yml", false, ([{ text }]) => void fromYaml(text).then((found) => model.set(readBody(found, data).patch), (error: Error) => say(error.message))),
        )
      : null;
  return [
    h("p", null, t("python.what")),
    python ? h("pre", { tabindex: "0" }, h("code", null, python)) : h("p", null, t("python.none")),
    python ? copy(python) : null,
    command ? h("p", null, t("why.command")) : null,
    command ? h("pre", { tabindex: "0" }, h("code", null, command)) : null,
    command ? copy(command) : null,
    yaml,
  ];
}
