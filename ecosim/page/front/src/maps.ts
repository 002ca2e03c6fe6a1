// Two maps with the same dice: who works with whom, month by month.

import { geoEqualEarth } from "d3-geo";
import { countryName } from "./breaker";
import type { Chart } from "./charts";
import { chartIn, colours, letters, registerMap } from "./charts";
import type { Country, Joint, PageData, Scene, Side } from "./data";
import { h, table } from "./dom";
import { number, percent, t } from "./i18n";
import { policyText } from "./levers";

/** Links drawn at most; the weakest of calm times are left out. */
const MOST_LINKS = 120;
/** Europe on its own: west, north, east, south. */
const EUROPE = { west: -25, north: 71.5, east: 45, south: 34 };
const WORLD = { west: -170, north: 78, east: 180, south: -55 };
/** A link of which less than this share is left is drawn as snapped. */
const SNAPPED = 0.12;
/** Months for which a snapped link is seen. */
const SEEN_SNAPPED = 6;

let registered: { europe: boolean } | null = null;

/** Europe when most of the countries are there, else the world. */
function frame(data: PageData): { europe: boolean } {
  if (registered) return registered;
  const placed = data.countries.filter((one) => one.lon !== null);
  const inside = data.countries.filter((one) => one.lon !== null && one.lat !== null && one.lon > EUROPE.west && one.lon < EUROPE.east && one.lat > EUROPE.south && one.lat < EUROPE.north);
  const europe = inside.length > 0.6 * placed.length;
  const features = [];
  for (const [code, outline] of Object.entries(data.outlines)) {
    const rings = outline.rings
      .map((flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]))
      .filter((ring) => {
        if (!europe) return code !== "ATA";
        const x = ring.map((point) => point[0]);
        const y = ring.map((point) => point[1]);
        return Math.min(...x) < EUROPE.east + 25 && Math.max(...x) > EUROPE.west - 15 && Math.max(...y) > EUROPE.south - 12 && Math.min(...y) < EUROPE.north + 6;
      });
    if (!rings.length) continue;
    features.push({ type: "Feature", properties: { name: code }, geometry: { type: "MultiPolygon", coordinates: rings.map((ring) => [ring]) } });
  }
  registerMap("land", features);
  registered = { europe };
  return registered;
}

interface Link {
  from: number;
  to: number;
  pair: number;
  size: number;
}

/** The strongest links of calm times, in a scale that both maps share. */
function strongest(joint: Joint, placed: Set<number>): Link[] {
  const links = joint.pairs.map(([from, to], pair) => {
    const calm = joint.calm[pair];
    let sum = 0;
    for (const value of calm) if (Number.isFinite(value)) sum += value;
    return { from, to, pair, size: sum / calm.length };
  });
  return links.filter((link) => link.size > 0 && placed.has(link.from) && placed.has(link.to)).sort((x, y) => y.size - x.size).slice(0, MOST_LINKS);
}

const at = (values: Float32Array, month: number): number => (Number.isFinite(values[month]) ? values[month] : 0);

/** Mean of three months around one: a single month of a pair is mostly noise. */
function smooth(values: Float32Array, month: number, from: number): number {
  let sum = 0;
  let count = 0;
  for (let m = Math.max(from, month - 1); m <= Math.min(values.length - 1, month + 1); m++) {
    sum += at(values, m);
    count += 1;
  }
  return count ? sum / count : 0;
}

/** One map. */
class Map1 {
  readonly plot: HTMLElement;
  private readonly chart: Chart;
  private joint: Joint | null = null;
  private side: Side | null = null;
  private links: Link[] = [];
  private total = 1;
  /** Countries that have a place on a map. */
  private readonly placed: Set<number>;

  constructor(
    private readonly data: PageData,
    readonly who: "a" | "b",
    tap: (iso3: string) => void,
  ) {
    this.placed = new Set(data.countries.flatMap((one, i) => (one.lon === null ? [] : [i])));
    this.plot = h("div", { class: "plot map", role: "img" });
    this.chart = chartIn(this.plot);
    const { europe } = frame(data);
    // turned so that Europe stands upright in the middle
    const projection = geoEqualEarth().rotate([europe ? -12 : 0, 0]);
    const box = europe ? EUROPE : WORLD;
    this.chart.setOption({
      animation: false,
      geo: {
        map: "land",
        projection: {
          project: (point: [number, number]) => projection(point) as [number, number],
          unproject: (point: [number, number]) => projection.invert!(point) as [number, number],
        },
        boundingCoords: [[box.west, box.north], [box.east, box.south]],
        left: 2, right: 2, top: 2, bottom: 2,
        roam: false,
        selectedMode: false,
        emphasis: { disabled: true },
      },
    });
    this.chart.on("click", (event: { componentType?: string; name?: string; seriesName?: string }) => {
      const code = event.name ?? "";
      if (data.countries.some((one) => one.iso3 === code)) tap(code);
    });
  }

  set(side: Side, joint: Joint | null): void {
    this.side = side;
    this.joint = joint;
    this.links = joint ? strongest(joint, this.placed) : [];
    this.total = Math.max(...this.links.map((link) => link.size), 1e-9);
  }

  /** What is left of each country's joint work in a month, as a share of its calm twin. */
  left(month: number): number[] {
    const { countries, months } = this.data;
    if (month < 0) return countries.map(() => 1);
    if (!this.joint) return countries.map((_, c) => this.side?.byCountry?.[c] ?? NaN);
    const hit = new Float64Array(countries.length);
    const calm = new Float64Array(countries.length);
    this.joint.pairs.forEach(([i, j], pair) => {
      const frameAt = month + months.before;
      const x = smooth(this.joint!.shocked[pair], frameAt, months.before);
      const y = smooth(this.joint!.calm[pair], frameAt, months.before);
      hit[i] += x;
      hit[j] += x;
      calm[i] += y;
      calm[j] += y;
    });
    return countries.map((_, c) => (calm[c] > 0 ? hit[c] / calm[c] : NaN));
  }

  draw(month: number, broken: string[], chosen: string[], tappable: Set<string>): void {
    const c = colours();
    const { countries, months } = this.data;
    const left = this.left(month);
    const acting = month >= 0;
    const regions = countries.map((one, i) => {
      const dark = acting && broken.includes(one.iso3);
      const picked = chosen.includes(one.iso3);
      const share = Number.isFinite(left[i]) ? Math.max(0, Math.min(1, left[i])) : 1;
      return {
        name: one.iso3,
        itemStyle: {
          areaColor: dark ? c.dark : mix(c.land, c[this.who], acting ? 0.1 + 0.4 * share : 0.5),
          borderColor: picked ? c.alarm : c.sea,
          borderWidth: picked ? 3 : 0.8,
          borderType: dark ? "dashed" : "solid",
        },
      };
    });
    const frameAt = month + months.before;
    const lines: Record<string, unknown>[] = [];
    for (const link of this.links) {
      const calm = smooth(this.joint!.calm[link.pair], frameAt, 0);
      const now = acting ? smooth(this.joint!.shocked[link.pair], frameAt, months.before) : calm;
      const hitOne = broken.includes(countries[link.from].iso3) || broken.includes(countries[link.to].iso3);
      const coords = [link.from, link.to].map((i) => [countries[i].lon, countries[i].lat]);
      if (acting && calm > 0 && now < SNAPPED * calm && hitOne) {
        if (month <= SEEN_SNAPPED) {
          lines.push({ coords, lineStyle: { color: c.alarm, width: 1, type: "dashed", opacity: 0.7 * (1 - month / (SEEN_SNAPPED + 1)), curveness: 0.25 } });
        }
        if (now <= 0) continue;
      }
      const width = 5 * Math.sqrt(now / this.total);
      if (width < 0.08) continue;
      lines.push({
        coords,
        // thin ones that grow back are seen in the colour of what was hit
        lineStyle: { color: acting && hitOne ? c.alarm : c[this.who], width: Math.max(width, 0.35), opacity: 0.6, curveness: 0.15 },
      });
    }
    const hollow = countries.filter((one) => one.lon !== null && tappable.has(one.iso3));
    this.chart.setOption({
      backgroundColor: c.sea,
      geo: { itemStyle: { areaColor: c.land, borderColor: c.sea, borderWidth: 0.5 }, regions },
      series: [
        { id: "links", type: "lines", coordinateSystem: "geo", data: lines, silent: true, zlevel: 0, z: 3 },
        {
          id: "dots", type: "scatter", coordinateSystem: "geo", zlevel: 1,
          symbol: this.who === "a" ? "circle" : "diamond",
          data: hollow.map((one) => {
            const dark = acting && broken.includes(one.iso3);
            return {
              name: one.iso3,
              value: [one.lon, one.lat],
              symbolSize: chosen.includes(one.iso3) ? 16 : 10,
              itemStyle: { color: dark ? c.dark : c.sea, borderColor: dark || chosen.includes(one.iso3) ? c.alarm : c.ink, borderWidth: 2 },
              label: { show: chosen.includes(one.iso3), formatter: countryName(this.data, one.iso3).replace(/[{}|]/g, " "), position: "top", color: c.ink, fontSize: letters(), fontWeight: "bold", textBorderColor: c.sea, textBorderWidth: 3 },
            };
          }),
        },
      ],
    });
  }
}

/** A colour between two, both written as #rrggbb. */
function mix(from: string, to: string, share: number): string {
  const part = (text: string, i: number): number => parseInt(text.slice(1 + 2 * i, 3 + 2 * i), 16);
  return `#${[0, 1, 2].map((i) => Math.round(part(from, i) * (1 - share) + part(to, i) * share).toString(16).padStart(2, "0")).join("")}`;
}

export interface Maps {
  element: HTMLElement;
  /** Show a scene; recorded histories come with it, or stand in from elsewhere. */
  set(scene: Scene): void;
  draw(month: number, chosen: string[], broken: string[]): void;
  /** In one sentence, what is left of all joint work on the two maps. */
  sentence(month: number): string;
}

/** The two maps, with one table of their numbers. */
export function maps(data: PageData, titles: { a: string; b: string }, tappable: Set<string>, tap: (iso3: string) => void): Maps {
  const left = new Map1(data, "a", tap);
  const right = new Map1(data, "b", tap);
  const notes = { a: h("p", { class: "note" }), b: h("p", { class: "note" }) };
  const body = h("div");
  const details = h("details", { class: "numbers" }, h("summary", null, t("numbers.maps")), body);
  let month = -1;
  const fillTable = (): void => {
    if (!details.open) return;
    const a = left.left(month);
    const b = right.left(month);
    const rows = data.countries.map((one: Country, i) => [countryName(data, one.iso3), percent(a[i]), percent(b[i])]);
    body.replaceChildren(table(t("maps.table", { month: number(month, 0) }), [t("country"), t("policy.a"), t("policy.b")], rows));
  };
  details.addEventListener("toggle", fillTable);
  const element = h(
    "div",
    { class: "maps-block" },
    h(
      "div",
      { class: "maps" },
      ...([left, right] as const).map((map) =>
        h("figure", { class: `side ${map.who}` }, h("figcaption", null, h("span", { class: `mark ${map.who}`, "aria-hidden": "true" }), titles[map.who]), map.plot, notes[map.who]),
      ),
    ),
    details,
  );
  const kept = (map: Map1, at_: number): number => {
    const values = map.left(at_).filter(Number.isFinite);
    return values.reduce((x, y) => x + y, 0) / Math.max(values.length, 1);
  };
  return {
    element,
    set(scene) {
      left.set(scene.a, scene.a.history);
      right.set(scene.b, scene.b.history);
      for (const [who, side] of [["a", scene.a], ["b", scene.b]] as const) {
        const kept = side.history;
        notes[who].textContent = !kept ? t("maps.none") : `${kept.borrowed ? t("maps.borrowed", { policy: policyText(data, kept.borrowed) }) : ""} ${t("maps.seed", { n: kept.draw + 1 })}`;
        notes[who].classList.toggle("warn", kept?.borrowed != null);
      }
    },
    draw(at_, chosen, broken) {
      month = at_;
      left.draw(at_, broken, chosen, tappable);
      right.draw(at_, broken, chosen, tappable);
      for (const map of [left, right]) map.plot.setAttribute("aria-label", `${titles[map.who]}. ${t("maps.say", { month: number(at_, 0), kept: percent(kept(map, at_)) })}`);
      fillTable();
    },
    sentence(at_) {
      return t("maps.both", { month: number(at_, 0), a: percent(kept(left, at_)), b: percent(kept(right, at_)) });
    },
  };
}
