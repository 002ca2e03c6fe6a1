// Charts by ECharts: curves with bands, throws as points, bars. Each comes with the table of its numbers.

import { BarChart, LineChart, LinesChart, ScatterChart } from "echarts/charts";
import { GeoComponent, GridComponent, MarkLineComponent } from "echarts/components";
import type { ECharts, EChartsCoreOption } from "echarts/core";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { h, table } from "./dom";
import { number, percent, t } from "./i18n";

// no tooltips: theirs would be written as markup; the tables say the numbers
echarts.use([LineChart, BarChart, ScatterChart, LinesChart, GeoComponent, GridComponent, MarkLineComponent, CanvasRenderer]);

export type Chart = ECharts;
export type Option = EChartsCoreOption;

/** Colours of the page as they are now, by day or by night. */
export function colours(): Record<"a" | "b" | "ink" | "faint" | "line" | "land" | "sea" | "dark" | "drawn" | "alarm" | "accent", string> {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    a: read("a"), b: read("b"), ink: read("ink"), faint: read("faint"), line: read("line"), land: read("land"),
    sea: read("sea"), dark: read("dark"), drawn: read("drawn"), alarm: read("alarm"),
    accent: read("accent"),
  };
}

/** Size of letters in charts; read from the back of a room, they are as large as all others. */
export function letters(): number {
  const root = document.documentElement;
  return Math.round(parseFloat(getComputedStyle(root).fontSize) * (root.classList.contains("projector") ? 1 : 0.82));
}

const living = new Set<ECharts>();
const fit = (chart: ECharts): void => chart.resize({ width: "auto", height: "auto" });
const observer =
  typeof ResizeObserver === "undefined"
    ? null
    : new ResizeObserver((entries) => {
        for (const { target } of entries) {
          const chart = echarts.getInstanceByDom(target as HTMLElement);
          if (chart && (target as HTMLElement).clientWidth) fit(chart);
        }
      });

/** A chart in an element; it follows the element's size. */
export function chartIn(element: HTMLElement): ECharts {
  // an element that is not yet on the page has no size of its own
  const size = element.clientWidth ? {} : { width: 320, height: 240 };
  // printed from a dark screen, a chart keeps the ground that its letters were drawn for
  element.style.backgroundColor = getComputedStyle(document.documentElement).getPropertyValue(element.classList.contains("strip") ? "--panel" : "--paper").trim();
  const chart = echarts.init(element, null, { renderer: "canvas", ...size });
  living.add(chart);
  element.dataset.letters = String(letters());
  observer?.observe(element);
  return chart;
}

export function registerMap(name: string, features: unknown): void {
  echarts.registerMap(name, { type: "FeatureCollection", features } as never);
}

/** Forget all charts: before the page is built anew. */
export function dropCharts(): void {
  for (const chart of living) {
    observer?.unobserve(chart.getDom());
    chart.dispose();
  }
  living.clear();
}

/** Draw all charts at the size of the paper, and back. */
export function resizeAll(): void {
  for (const chart of living) if (chart.getDom().clientWidth) fit(chart);
}

export interface Figure {
  element: HTMLElement;
  chart: ECharts;
}

/** A chart under a title, with the table of its numbers behind a button. */
export function figure(title: string, className: string, numbers: () => { head: string[]; rows: (string | number)[][] }): Figure & { title(words: string): void; text(words: string): void; refresh(): void } {
  const plot = h("div", { class: `plot ${className}`, role: "img", "aria-label": title });
  const note = h("p", { class: "note" });
  const body = h("div");
  const details = h("details", { class: "numbers" }, h("summary", null, t("numbers")), body);
  const refresh = (): void => {
    if (!details.open) return;
    const { head, rows } = numbers();
    body.replaceChildren(table(title, head, rows));
  };
  details.addEventListener("toggle", refresh);
  const caption = h("figcaption", null, title);
  const element = h("figure", null, caption, plot, note, details);
  return {
    element,
    chart: chartIn(plot),
    refresh,
    title: (words: string) => {
      caption.textContent = words;
    },
    text: (words: string) => {
      note.textContent = words;
      plot.setAttribute("aria-label", `${caption.textContent ?? title}. ${words}`);
    },
  };
}

/** Axes that all charts share. */
export function axis(extra: Record<string, unknown> = {}): Record<string, unknown> {
  const c = colours();
  return {
    axisLine: { lineStyle: { color: c.faint } },
    axisTick: { lineStyle: { color: c.faint } },
    axisLabel: { color: c.ink, fontSize: letters() },
    nameTextStyle: { color: c.ink, fontSize: letters() },
    splitLine: { lineStyle: { color: c.line } },
    ...extra,
  };
}

export interface Curve {
  name: string;
  who: "a" | "b" | "drawn" | "throw";
  /** One world, not the mean: thin. */
  thin?: boolean;
  values: ArrayLike<number | null>;
  /** Low and high, month by month: the middle half and nine in ten. */
  bands?: { low: ArrayLike<number>; high: ArrayLike<number>; opacity: number }[];
  /** Month of the first value. */
  from: number;
}

/** Steps between the marks of an axis, and most marks. */
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const MOST_MARKS = 8;

/** An axis that begins and ends at a mark: no two of its labels stand closer than the others. */
export function marks(low: number, high: number): { min: number; max: number; interval: number } {
  const interval = STEPS.find((step) => Math.ceil(high / step) - Math.floor(low / step) <= MOST_MARKS) ?? STEPS[STEPS.length - 1];
  const tidy = (x: number): number => Number((x * interval).toFixed(6));
  return { min: tidy(Math.floor(low / interval)), max: tidy(Math.ceil(high / interval)), interval };
}

/** Lines over months, each with its bands. */
export function curvesOption(curves: Curve[], options: { from: number; to: number; now?: number; left?: string; top?: number }): Option {
  const c = colours();
  const size = letters();
  const series: Record<string, unknown>[] = [];
  // names at the ends of lines make room for each other
  const ends = curves.filter((curve) => !curve.thin).map((curve) => ({ curve, y: curve.values[curve.values.length - 1] ?? 0 })).sort((x, y) => y.y - x.y);
  const shift = (curve: Curve): number => {
    const place = ends.findIndex((end) => end.curve === curve);
    if (place < 0) return 0;
    const near = (other: number): boolean => ends[other] !== undefined && Math.abs(ends[other].y - ends[place].y) < 0.06;
    return (near(place + 1) ? -0.6 * size : 0) + (near(place - 1) ? 0.6 * size : 0);
  };
  const drawnValues: number[] = [];
  for (const curve of curves) {
    const colour = curve.who === "drawn" ? c.drawn : curve.who === "throw" ? c.accent : c[curve.who];
    for (const [i, band] of (curve.bands ?? []).entries()) {
      const stack = `${curve.name} ${i}`;
      const low = Array.from(band.low);
      const high = Array.from(band.high);
      drawnValues.push(...high.filter(Number.isFinite), ...low.filter(Number.isFinite));
      // a band is an invisible line with a filled one on top of it
      series.push(
        { type: "line", stack, data: low.map((y, m) => [curve.from + m, y]), lineStyle: { opacity: 0 }, symbol: "none", silent: true, stackStrategy: "all" },
        {
          type: "line", stack, data: high.map((y, m) => [curve.from + m, y - low[m]]), lineStyle: { opacity: 0 }, symbol: "none",
          areaStyle: { color: colour, opacity: band.opacity }, silent: true, stackStrategy: "all",
        },
      );
    }
    const values = Array.from(curve.values);
    drawnValues.push(...values.filter((y): y is number => y !== null && Number.isFinite(y)));
    series.push({
      type: "line",
      name: curve.name,
      data: values.map((y, m) => [curve.from + m, y !== null && Number.isFinite(y) ? y : null]),
      symbol: "none",
      lineStyle: { color: colour, width: curve.thin ? 1.3 : 3, type: curve.who === "b" ? "dashed" : curve.who === "drawn" ? "dotted" : "solid" },
      endLabel: { show: !curve.thin, formatter: () => curve.name, color: colour, fontSize: size, fontWeight: "bold", offset: [0, shift(curve)] },
      silent: true,
      z: 5,
    });
  }
  const lowest = Math.min(...drawnValues, 1);
  const scale = marks(lowest > 0.6 ? lowest - 0.05 : 0, Math.max(1.05, ...drawnValues));
  if (options.now !== undefined) {
    series.push({
      type: "line", data: [], silent: true,
      markLine: { symbol: "none", animation: false, silent: true, label: { show: false }, lineStyle: { color: c.ink, type: "solid", width: 1 }, data: [{ xAxis: options.now }] },
    });
  }
  return {
    animation: false,
    grid: { left: size * 4.2, right: size * 5.6, top: options.top ?? size * 1.2, bottom: size * 3.6 },
    xAxis: axis({ type: "value", min: options.from, max: options.to, interval: 12, name: t("months_after"), nameLocation: "middle", nameGap: size * 2.1 }),
    yAxis: axis({
      type: "value", ...scale, scale: true,
      axisLabel: { color: c.ink, fontSize: size, formatter: (y: number) => percent(y) },
    }),
    series,
  };
}

/** Every throw as a point: one row for each policy, the throw looked at in full colour. */
export function stripOption(rows: { name: string; who: "a" | "b"; values: ArrayLike<number> }[], current: number): Option {
  const c = colours();
  const size = letters();
  const all = rows.flatMap((row) => Array.from(row.values)).filter(Number.isFinite);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const room = Math.max((high - low) * 0.12, 0.005);
  const point = (who: "a" | "b", large: boolean): Record<string, unknown> => ({
    symbol: who === "a" ? "circle" : "diamond",
    symbolSize: large ? size * 1.25 : size * 0.8,
  });
  return {
    animation: false,
    grid: { left: size * 2.2, right: size * 1.6, top: size * 0.6, bottom: size * 2 },
    xAxis: axis({
      type: "value", min: low - room, max: high + room, splitNumber: 3,
      axisLabel: { color: c.ink, fontSize: size, hideOverlap: true, formatter: (x: number) => percent(x, high - low < 0.05 ? 1 : 0), showMinLabel: false, showMaxLabel: false },
    }),
    yAxis: axis({ type: "category", data: rows.map((row) => row.name), inverse: true, axisLine: { show: false }, axisTick: { show: false } }),
    series: rows.flatMap((row, i) => [
      {
        type: "scatter", silent: true, ...point(row.who, false), itemStyle: { color: c[row.who], opacity: 0.35 },
        data: Array.from(row.values).map((x) => [x, i]),
      },
      {
        type: "scatter", silent: true, ...point(row.who, true), itemStyle: { color: c[row.who], borderColor: c.ink, borderWidth: 1.5 },
        data: [[row.values[current], i]],
      },
    ]),
  };
}

/** Bars, one for each name. */
export function barsOption(names: string[], values: number[], unit: "share" | "number"): Option {
  const c = colours();
  const size = letters();
  const longest = Math.max(...names.map((name) => name.length), 4);
  return {
    animation: false,
    grid: { left: Math.min(longest * size * 0.6 + size, 190), right: size * 4, top: size, bottom: size * 2.4 },
    xAxis: axis({ type: "value", axisLabel: { color: c.ink, fontSize: size, hideOverlap: true, formatter: (x: number) => (unit === "share" ? percent(x, 1) : number(x)) } }),
    yAxis: axis({ type: "category", data: names, inverse: true, axisLabel: { color: c.ink, fontSize: size, width: 180, overflow: "truncate" } }),
    series: [
      {
        type: "bar", data: values, silent: true, itemStyle: { color: c.a }, barMaxWidth: size * 2,
        label: { show: true, position: "right", color: c.ink, fontSize: size, formatter: ({ value }: { value: number }) => (unit === "share" ? percent(value, 1) : number(value)) },
      },
    ],
  };
}
