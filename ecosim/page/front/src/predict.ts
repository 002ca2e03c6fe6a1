// Predict first: a curve drawn by hand (or set with sliders), or a bet.

import { axis, chartIn, colours, letters } from "./charts";
import { h, say } from "./dom";
import { number, percent, t } from "./i18n";
import type { Bet } from "./state";

/** Months between two sliders. */
const STEP = 12;

export interface Pad {
  element: HTMLElement;
  /** The curve: a value for each month from 0, or null where nothing was drawn. */
  value(): (number | null)[] | null;
  clear(): void;
}

/** Fill what lies between drawn points, and the ends. */
function whole(values: (number | null)[]): (number | null)[] | null {
  const known = values.flatMap((y, m) => (y === null ? [] : [m]));
  if (!known.length) return null;
  const full = [...values];
  for (let m = 0; m < full.length; m++) {
    if (full[m] !== null) continue;
    const before = [...known].reverse().find((k) => k < m);
    const after = known.find((k) => k > m);
    if (before === undefined) full[m] = values[after!];
    else if (after === undefined) full[m] = values[before];
    else full[m] = values[before]! + ((values[after]! - values[before]!) * (m - before)) / (after - before);
  }
  return full;
}

/**
 * A pad to draw a curve on, by finger, mouse or keys. A share of the calm world may be more than 1, and 1 is marked; a
 * level ends at 1, and nothing is marked.
 */
export function pad(months: number, question: string, given: (number | null)[] | null, changed: (values: (number | null)[] | null) => void, level = false): Pad {
  const highest = level ? 1 : 1.3;
  let raw: (number | null)[] = given ? [...given] : Array.from({ length: months + 1 }, () => null);
  const plot = h("div", { class: "plot pad", role: "img", "aria-label": `${question} ${t("predict.keys")}` });
  const chart = chartIn(plot);
  const size = letters();
  const hint = h("p", { class: "pad-hint", "aria-hidden": "true" }, t("predict.here"));

  const marks = Array.from({ length: Math.floor(months / STEP) + 1 }, (_, i) => i * STEP);
  const sliders = marks.map((month) => {
    const output = h("output", null, "–");
    const input = h("input", {
      type: "range", min: 0, max: 100 * highest, step: 5, value: level ? 50 : 100, "aria-label": t("predict.at", { month }),
      oninput: () => {
        // what was drawn before stays at the other months; where nothing was, the line is level
        const before = whole(raw);
        raw = raw.map(() => null);
        if (before) for (const m of marks) raw[m] = before[m];
        raw[month] = Number(input.value) / 100;
        show();
        changed(whole(raw));
      },
    });
    return { month, input, output, row: h("label", { class: "slider-row" }, h("span", null, t("predict.month", { month })), input, output) };
  });

  function show(): void {
    const c = colours();
    const values = whole(raw);
    hint.hidden = values !== null;
    chart.setOption({
      animation: false,
      grid: { left: size * 4.2, right: size * 1.4, top: size * 1.2, bottom: size * 3.6 },
      xAxis: axis({ type: "value", min: 0, max: Math.ceil(months / STEP) * STEP, interval: STEP, name: t("months_after"), nameLocation: "middle", nameGap: size * 2.1 }),
      yAxis: axis({ type: "value", min: 0, max: highest, interval: 0.2, axisLabel: { color: c.ink, fontSize: size, showMaxLabel: level, formatter: (y: number) => percent(y) } }),
      series: [
        {
          id: "calm", type: "line", silent: true, symbol: "none", data: level ? [] : [[0, 1], [months, 1]], lineStyle: { color: c.faint, width: 2, type: "dashed" },
          markLine: level ? undefined : { symbol: "none", silent: true, animation: false, lineStyle: { opacity: 0 }, label: { color: c.ink, fontSize: size, position: "insideEndTop", formatter: t("predict.calm") }, data: [{ yAxis: 1 }] },
        },
        { id: "drawn", type: "line", silent: true, symbol: "none", data: values ? values.map((y, m) => [m, y]) : [], lineStyle: { color: c.drawn, width: 4 }, z: 5 },
      ],
    });
    for (const slider of sliders) {
      const y = values ? values[slider.month] : null;
      slider.output.textContent = y === null ? "–" : percent(y);
      if (y === null) continue;
      if (slider.input !== document.activeElement) slider.input.value = String(Math.round(y * 20) * 5);
      slider.input.setAttribute("aria-valuetext", percent(y));
    }
  }

  let drawing = false;
  let last: [number, number] | null = null;
  const place = (event: { offsetX: number; offsetY: number }): [number, number] | null => {
    const found = chart.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY]) as number[] | undefined;
    if (!found || !found.every(Number.isFinite)) return null;
    return [Math.max(0, Math.min(months, Math.round(found[0]))), Math.max(0, Math.min(highest, found[1]))];
  };
  const stroke = (event: { offsetX: number; offsetY: number }): void => {
    const now = place(event);
    if (!now) return;
    const from = last ?? now;
    const steps = Math.abs(now[0] - from[0]);
    for (let i = 0; i <= steps; i++) {
      const share = steps ? i / steps : 1;
      raw[Math.round(from[0] + (now[0] - from[0]) * share)] = from[1] + (now[1] - from[1]) * share;
    }
    last = now;
    show();
  };
  const zr = chart.getZr();
  zr.on("mousedown", (event) => {
    drawing = true;
    last = null;
    stroke(event);
  });
  zr.on("mousemove", (event) => drawing && stroke(event));
  const end = (): void => {
    if (!drawing) return;
    drawing = false;
    last = null;
    changed(whole(raw));
    say(t("predict.done"));
  };
  zr.on("mouseup", end);
  zr.on("globalout", end);
  show();

  const clear = (): void => {
    raw = raw.map(() => null);
    show();
    changed(null);
  };
  const element = h(
    "div",
    { class: "predict" },
    h("p", { class: "question" }, question),
    h("div", { class: "pad-frame" }, plot, hint),
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: clear }, t("predict.clear"))),
    h("details", { class: "sliders" }, h("summary", null, t("predict.sliders")), h("div", { class: "slider-list" }, ...sliders.map((slider) => slider.row))),
  );
  return { element, value: () => whole(raw), clear };
}

/** How far a drawn curve was from the truth: mean distance, in points. */
export function distance(drawn: (number | null)[], truth: ArrayLike<number>, from: number): number {
  let sum = 0;
  let count = 0;
  drawn.forEach((y, m) => {
    const real = truth[from + m];
    if (y !== null && Number.isFinite(real)) {
      sum += Math.abs(y - real);
      count += 1;
    }
  });
  return count ? sum / count : NaN;
}

/** A bet: A, B, or about the same. */
export function bet(question: string, given: Bet | null, changed: (bet: Bet) => void): HTMLElement {
  const name = `bet-${Math.random().toString(36).slice(2)}`;
  const one = (value: Bet): HTMLElement =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name, value, checked: given === value, onchange: () => changed(value) }),
      value === "same" ? null : h("span", { class: `mark ${value}`, "aria-hidden": "true" }),
      t(`bet.${value}`),
    );
  return h("fieldset", { class: "bet" }, h("legend", null, question), one("a"), one("b"), one("same"));
}

/** In words, how far off a drawn curve was. */
export function verdict(drawn: (number | null)[], truth: ArrayLike<number>, from: number): string {
  return t("predict.off", { points: number(100 * distance(drawn, truth, from), 0) });
}
