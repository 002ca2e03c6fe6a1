// Words of the page: strings.json holds them by language. What a language lacks is said in English.

import words from "./strings.json";

type Table = Record<string, string>;
const TABLES = words.strings as Record<string, Table>;
export const LANGUAGES = words.languages as Record<string, { name: string; dir: string }>;

let current = "en";

/** The language of the reader's browser, if the page has it. */
export function preferred(): string {
  const wanted = navigator.languages?.map((one) => one.slice(0, 2)) ?? [];
  return wanted.find((one) => one in LANGUAGES) ?? "en";
}

/** Speak a language from now on. */
export function speak(language: string): void {
  current = language in LANGUAGES ? language : "en";
  document.documentElement.lang = current;
  document.documentElement.dir = LANGUAGES[current].dir;
}

export function language(): string {
  return current;
}

/** A text by its key; `{name}` in it is replaced. */
export function t(key: string, fillers: Record<string, string | number> = {}): string {
  const text = TABLES[current]?.[key] ?? TABLES.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in fillers ? String(fillers[name]) : whole));
}

/** A text by its key, or what the data say where the page has no words for it. */
export function tOr(key: string, otherwise: string): string {
  return TABLES[current]?.[key] ?? TABLES.en[key] ?? otherwise;
}

/** A share as a percentage. */
export function percent(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return t("no_number");
  return new Intl.NumberFormat(current, { style: "percent", maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
}

/** A difference of two shares in percentage points, with its sign. */
export function points(value: number): string {
  if (!Number.isFinite(value)) return t("no_number");
  const text = new Intl.NumberFormat(current, { maximumFractionDigits: 1, minimumFractionDigits: 1, signDisplay: "exceptZero" }).format(100 * value);
  return t("points", { n: text });
}

/** A plain number. */
export function number(value: number, digits = 1): string {
  return Number.isFinite(value) ? new Intl.NumberFormat(current, { maximumFractionDigits: digits }).format(value) : t("no_number");
}
