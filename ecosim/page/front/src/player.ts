// Play, stop, and a slider over the months.

import type { PageData } from "./data";
import { h, say, still } from "./dom";
import { number, t } from "./i18n";
import { Player } from "./state";

export interface Controls {
  element: HTMLElement;
  show(month: number): void;
  /** Start from the last calm months; with less motion wanted, go to the end of the first year. */
  begin(): void;
  stop(): void;
}

/** Controls over the months from before the shock to the end. */
export function controls(data: PageData, changed: (month: number) => void, sentence: (month: number) => string): Controls {
  const { before, last: after } = data.months;
  let month = -1;
  const button = h("button", { type: "button", class: "play" });
  const label = h("output", { class: "month" });
  const show = (next: number): void => {
    month = next;
    slider.value = String(next);
    const words = next < 0 ? t("month.before", { n: number(next, 0) }) : t("month.after", { n: number(next, 0) });
    label.textContent = words;
    slider.setAttribute("aria-valuetext", words);
  };
  const slider = h("input", {
    type: "range", min: -before, max: after, step: 1, "aria-label": t("month"),
    oninput: () => {
      player.stop();
      show(Number(slider.value));
      changed(month);
    },
    onchange: () => say(sentence(month)),
  });
  const dress = (playing: boolean): void => {
    button.textContent = playing ? t("stop") : t("play");
    button.setAttribute("aria-pressed", String(playing));
    if (!playing && month >= 0) say(sentence(month));
  };
  const player = new Player(after, () => month, (next) => {
    show(next);
    changed(next);
  }, dress);
  button.addEventListener("click", () => {
    if (player.playing) return player.stop();
    if (month >= after) {
      show(-1);
      changed(-1);
    }
    player.start();
  });
  button.textContent = t("play");
  show(-1);
  return {
    element: h("div", { class: "player" }, button, slider, label),
    show,
    stop: () => player.stop(),
    begin() {
      show(still() ? Math.min(12, after) : -1);
      changed(month);
      if (still()) say(sentence(month));
      else player.start();
    },
  };
}
