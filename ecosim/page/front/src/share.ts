// A link, a file: both hold the body of a run, so that the server, the command line and this page read the same.

import type { PageData } from "./data";
import { fromBase64 } from "./data";
import { t } from "./i18n";
import type { State } from "./state";
import { shared } from "./state";

export interface Body {
  policies: { a: Record<string, unknown>; b: Record<string, unknown> };
  shock: { kind: string; countries: string[]; settings?: Record<string, unknown>; name?: string } | null;
  draws: number;
  seed: number;
  off: string[];
  coins?: Record<string, number>;
  base?: Record<string, unknown>;
}

/** What the reader composed, as the server takes it. */
export function bodyOf(state: State, data: PageData, draws: number): Body {
  const policy = (who: "a" | "b"): Record<string, unknown> =>
    Object.assign({}, ...data.levers.map((lever, i) => lever.sets[state[who][i]]), state.extra[who]);
  const branch = data.branches.find((one) => one.id === state.branch);
  const known = branch && branch.shock !== null ? { kind: branch.shock, countries: branch.countries, settings: branch.settings ?? {}, name: branch.id } : null;
  const base = state.base ?? data.base;
  return { policies: { a: policy("a"), b: policy("b") }, shock: state.shock ?? known, draws, seed: state.seed, off: state.off, ...(base ? { base } : {}) };
}

const same = (x: unknown, y: unknown): boolean => JSON.stringify(x) === JSON.stringify(y);

/** Place on a lever's axis that a policy names: the one whose settings it holds. */
function place(sets: Record<string, unknown>[], policy: Record<string, unknown>): number {
  const full = sets.map((set) => Object.entries(set).every(([key, value]) => same(policy[key], value)));
  // of two that fit, the one that says more
  let best = -1;
  full.forEach((fits, i) => {
    if (fits && (best < 0 || Object.keys(sets[i]).length > Object.keys(sets[best]).length)) best = i;
  });
  return best;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a body asks for, as far as this page has it; and one line on what it does not have. */
export function readBody(raw: unknown, data: PageData): { patch: Partial<State>; problem: string } {
  if (!isRecord(raw) || !isRecord(raw.policies) || !isRecord(raw.policies.a) || !isRecord(raw.policies.b)) {
    throw new Error(t("link.form"));
  }
  const missing: string[] = [];
  const server = data.source === "server";
  const extra: State["extra"] = { a: {}, b: {} };
  // what a base says of a lever holds for both policies
  const axes = new Set(data.levers.flatMap((lever) => lever.sets.flatMap((set) => Object.keys(set))));
  const given = isRecord(raw.base) ? raw.base : {};
  const common = Object.fromEntries(Object.entries(given).filter(([key]) => axes.has(key)));
  const places = (who: "a" | "b"): number[] => {
    const policy = { ...common, ...(raw.policies as Record<string, Record<string, unknown>>)[who] };
    const used = new Set<string>();
    const found = data.levers.map((lever) => {
      for (const set of lever.sets) for (const key of Object.keys(set)) used.add(key);
      const at = place(lever.sets, policy);
      if (at < 0) {
        for (const key of new Set(lever.sets.flatMap((set) => Object.keys(set)))) {
          if (!(key in policy)) continue;
          // a value beside the axis: the server runs it, and it wins over the slider
          if (server) extra[who][key] = policy[key];
          else missing.push(lever.label);
        }
      }
      return at < 0 ? lever.default : at;
    });
    for (const [key, value] of Object.entries(policy)) {
      if (used.has(key)) continue;
      if (server) extra[who][key] = value;
      else missing.push(key);
    }
    return found;
  };
  const a = places("a");
  const b = places("b");
  data.levers.forEach((_, i) => {
    if (shared(data, i)) b[i] = a[i];
  });
  let branch = data.branches.find((one) => one.none) ?? data.branches[0];
  let shock: State["shock"] = null;
  if (isRecord(raw.shock)) {
    const kind = String(raw.shock.kind);
    const countries = Array.isArray(raw.shock.countries) ? raw.shock.countries.map(String) : [];
    const wanted = [...countries].sort();
    const settings = isRecord(raw.shock.settings) ? raw.shock.settings : {};
    const found = data.branches.find((one) => one.shock === kind && same([...one.countries].sort(), wanted) && same(one.settings ?? {}, settings));
    if (found) branch = found;
    else if (server) shock = { kind, countries, settings, ...(typeof raw.shock.name === "string" ? { name: raw.shock.name } : {}) };
    else missing.push(`${kind} ${countries.join(", ")}`.trim());
  }
  const off = Array.isArray(raw.off) ? raw.off.map(String) : [];
  if (off.length && !server) missing.push(...off);
  const usual = data.seed ?? 0;
  let seed = Number.isInteger(raw.seed) ? Number(raw.seed) : usual;
  if (seed !== usual && !server) {
    missing.push(`seed ${seed}`);
    seed = usual;
  }
  let base: State["base"] = null;
  if (isRecord(raw.base)) {
    // what is not said is as in the grid
    const whole = { ...data.base, ...Object.fromEntries(Object.entries(given).filter(([key]) => !axes.has(key))) };
    const differs = Object.keys(whole).filter((key) => !same(whole[key], data.base?.[key]));
    if (differs.length && server) base = whole;
    else missing.push(...differs);
  }
  return {
    patch: { a, b, branch: branch.id, shock, base, extra, off: server ? off : [], seed, broken: false, month: -1, lesson: null },
    problem: missing.length ? t("link.missing", { what: [...new Set(missing)].join("; ") }) : "",
  };
}

/** A text, deflated, in base64 for addresses. */
export async function pack(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let raw = "";
  for (const byte of bytes) raw += String.fromCharCode(byte);
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Longest text that a link may unfold to: more is no body of a run. */
const LONGEST = 100_000;

/** The text in a link. */
export async function unfold(link: string): Promise<string> {
  if (!/^[A-Za-z0-9_-]+$/.test(link)) throw new Error(t("link.form"));
  const bytes = fromBase64(link.replaceAll("-", "+").replaceAll("_", "/"));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts: BlobPart[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > LONGEST) {
      void reader.cancel();
      throw new Error(t("link.form"));
    }
    parts.push(value);
  }
  return new Blob(parts).text();
}

/** What stands behind # in the address. */
export function fragment(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
