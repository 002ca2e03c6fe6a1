// Words of the catalogue by language: catalogue.json has titles by card, and sentences by what they are in English, so that a
// sentence that changes loses its words and no reader is told something else. What has no words is said in English, and marked.

import words from "./catalogue.json";
import type { Card } from "./data";
import { h } from "./dom";
import { language } from "./i18n";

type Words = Record<string, Record<string, string> | undefined>;
const { titles, handles, choices, sentences } = words as Record<"titles" | "handles" | "choices" | "sentences", Words>;

/** Name of a card. */
export function cardTitle(card: Pick<Card, "family" | "kind" | "title">): string {
  return titles[`${card.family}.${card.kind}`]?.[language()] ?? card.title;
}

/** Name of a handle. */
export function handleName(name: string): string {
  return handles[name]?.[language()] ?? name.replaceAll("_", " ");
}

/** Name of a value that a setting may have. */
export function choiceName(name: string): string {
  return choices[name]?.[language()] ?? name.replaceAll("_", " ");
}

/** A sentence in the reader's language, as text to search in. */
export function sentenceText(english: string): string {
  return sentences[english]?.[language()] ?? english;
}

/** A sentence in the reader's language; in English, and marked as such, where there are no words for it. */
export function sentence(english: string): HTMLElement {
  const known = sentences[english]?.[language()];
  return h("span", known || language() === "en" ? null : { lang: "en" }, known ?? english);
}
