// What the page is given, and how its packed arrays are read. The form is described in README.md.

export interface Packed {
  shape: number[];
  type: "u8" | "u16" | "f32";
  scale?: number;
  offset?: number;
  delta?: boolean;
  data: string;
}

export interface Country {
  iso3: string;
  name: string;
  /** Null for what has no place on a map, such as the rest of the world. */
  lon: number | null;
  lat: number | null;
  bloc?: string | number;
}

export interface Lever {
  key: string;
  label: string;
  unit: string;
  values: unknown[];
  labels: string[];
  default: number;
  sets: Record<string, unknown>[];
  /** "policy": A and B have their own; "world": an assumption that both share. */
  of?: "policy" | "world";
}

export interface Branch {
  id: string;
  label: string;
  /** Kind; null where nothing happens but chance. */
  shock: string | null;
  /** Countries named; empty where they are drawn, or where nobody in particular is hit. */
  countries: string[];
  settings?: Record<string, unknown>;
  none: boolean;
  dice: boolean;
}

export interface History {
  id: string;
  policy: number[];
  branch: string;
  seed: number;
  draw?: number;
  /** Countries really hit. */
  targets?: string[];
  pairs: [number, number][];
  months: number;
  shocked: Packed;
  calm: Packed;
}

/** A setting of a card: what kind of field it needs, and what it is where nothing is said. */
export interface Setting {
  name: string;
  what: string;
  type: "number" | "whole" | "choice" | "list" | "text" | "switch";
  value: unknown;
  least?: number;
  most?: number;
  choices?: string[];
  /** It may be left empty. */
  empty?: boolean;
}

export interface Card {
  kind: string;
  family: string;
  title: string;
  what: string;
  price: string;
  limit: number | null;
  evidence: string;
  grade: string;
  handles: unknown[];
  /** Settings without which it does nothing; and whether it acts on health, which the page does not follow. */
  needs?: Record<string, unknown>;
  health?: boolean;
  /** From the server alone: what can be set, and whom a shock hits where no country is named. */
  settings?: Setting[];
  hits?: "drawn" | "all";
}

export interface Assumption {
  key: string;
  label?: string;
  value: unknown;
  range: unknown[] | null;
  source: string;
  unit: string;
  what: string;
}

export interface Outline {
  name: string;
  point: [number, number];
  rings: number[][];
}

export interface PageData {
  format: number;
  version: string;
  made: string;
  source: "file" | "server";
  /** The numbers are invented, for development and tests. */
  mock?: boolean;
  countries: Country[];
  outlines: Record<string, Outline>;
  /** Frames run from -before to `last`, which is found on reading. */
  months: { before: number; after: number; last: number };
  draws?: number;
  seed?: number;
  /** Settings that all runs share. */
  base?: Record<string, unknown>;
  command?: string;
  levers: Lever[];
  branches: Branch[];
  cells: {
    shape: number[];
    columns: string[];
    /** "share of twin" or "level", for each column. */
    measured?: string[];
    curves: Packed;
    bands: Packed;
    by_country: Packed;
    calm_left_out?: Packed;
  };
  scores: { names: string[]; values: Packed; better?: ("up" | "down")[]; unit?: string[]; smallest?: number[] };
  histories: History[];
  throws?: { policies: number[][]; column: string; values: Packed };
  coins?: { instruments: string[]; mixes: number[][]; branches: string[]; scores: Packed; coins?: number };
  cards: Card[];
  assumptions: Assumption[];
  why: Record<string, { text: string; assumptions: string[] }>;
  mechanisms?: { key: string; label: string; what: string; on: boolean }[];
  instruments?: unknown[];
}

/** A packed array, read: rows along the last axis by their place on the others. */
export class Grid {
  constructor(
    readonly shape: number[],
    private readonly whole: Uint8Array | Uint16Array | Float32Array,
    private readonly scale: number,
    private readonly offset: number,
    private readonly missing: number,
  ) {}

  /** Values along the axes that are left when the first ones are fixed. */
  row(...index: number[]): Float32Array {
    let start = 0;
    let size = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (axis < index.length) start += index[axis] * size;
      size *= this.shape[axis];
    }
    const length = this.shape.slice(index.length).reduce((a, b) => a * b, 1);
    const found = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      const n = this.whole[start + i];
      found[i] = n === this.missing ? NaN : this.offset + this.scale * n;
    }
    return found;
  }
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Bytes of a base64 text. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** Read a packed array. */
export async function unpack(packed: Packed): Promise<Grid> {
  const bytes = await inflate(fromBase64(packed.data));
  const count = packed.shape.reduce((a, b) => a * b, 1);
  const last = packed.shape[packed.shape.length - 1];
  const whole =
    packed.type === "f32" ? new Float32Array(bytes.buffer) : packed.type === "u16" ? new Uint16Array(bytes.buffer) : bytes;
  if (whole.length !== count) throw new Error(`packed array: ${whole.length} values, ${count} announced`);
  if (packed.delta) {
    // typed arrays wrap round by themselves
    for (let i = 0; i < count; i++) if (i % last !== 0) whole[i] += whole[i - 1];
  }
  const missing = packed.type === "f32" ? NaN : packed.type === "u16" ? 65535 : 255;
  return new Grid(packed.shape, whole, packed.scale ?? 1, packed.offset ?? 0, missing);
}

/** What is drawn of one policy under one branch. */
export interface Side {
  /** Mean of the draws by month, for each column. */
  curves: Float32Array[];
  /** For each column: 5, 25, 75 and 95 % of the draws. */
  bands: Float32Array[][];
  byCountry: Float32Array | null;
  /** What is left out in calm times, by month. */
  calmLeftOut: Float32Array | null;
  /** For each score, a value for each draw. */
  scores: Float32Array[];
  /** Each draw's own curve of collaboration, where it is kept. */
  throws: Float32Array[] | null;
  history: Joint | null;
}

/** Joint work of pairs of countries by month, under the shock and without it. */
export interface Joint {
  pairs: [number, number][];
  shocked: Float32Array[];
  calm: Float32Array[];
  seed: number;
  draw: number;
  targets: string[];
  /** Policy that it is of, where that is not the one shown; null where it is. */
  borrowed: number[] | null;
}

export interface Scene {
  a: Side;
  b: Side;
  branch: Branch;
  origin: "grid" | "run";
}

/** Column that a score sums up. */
export const COLUMN_OF: Record<string, string> = { kept: "collaboration", output: "output", left_out: "left_out" };

/** Joint work of a history, unpacked. */
async function readJoint(history: History): Promise<Joint> {
  const [shocked, calm] = await Promise.all([unpack(history.shocked), unpack(history.calm)]);
  return {
    pairs: history.pairs,
    shocked: history.pairs.map((_, i) => shocked.row(i)),
    calm: history.pairs.map((_, i) => calm.row(i)),
    seed: history.seed,
    draw: history.draw ?? 0,
    targets: history.targets ?? [],
    borrowed: null,
  };
}

/** Scores of a cell, stored draw by draw: a row for each score. */
function byScore(flat: Float32Array, names: number): Float32Array[] {
  return Array.from({ length: names }, (_, s) => flat.filter((_value, i) => i % names === s));
}

/** Steps of all levers between two policies. */
function steps(x: number[], y: number[]): number {
  return x.reduce((sum, value, i) => sum + Math.abs(value - y[i]), 0);
}

/** The data with its arrays read. Joint work is read when it is first looked at. */
export class Store {
  private readonly read = new Map<string, Joint>();

  private constructor(
    readonly data: PageData,
    private readonly curves: Grid,
    private readonly bands: Grid,
    private readonly byCountry: Grid,
    private readonly scores: Grid,
    private readonly throws: Grid | null,
    readonly coins: Grid | null,
    private readonly calm: Grid | null,
  ) {}

  static async open(data: PageData): Promise<Store> {
    if (data.format !== 1) throw new Error(`data of format ${data.format}; this page reads format 1`);
    for (const branch of data.branches) branch.none ||= branch.shock === null;
    const [curves, bands, byCountry, scores, throws, coins, calm] = await Promise.all([
      unpack(data.cells.curves),
      unpack(data.cells.bands),
      unpack(data.cells.by_country),
      unpack(data.scores.values),
      data.throws ? unpack(data.throws.values) : null,
      data.coins ? unpack(data.coins.scores) : null,
      data.cells.calm_left_out ? unpack(data.cells.calm_left_out) : null,
    ]);
    data.months.last = curves.shape[curves.shape.length - 1] - data.months.before - 1;
    return new Store(data, curves, bands, byCountry, scores, throws, coins, calm);
  }

  get draws(): number {
    return this.scores.shape[this.scores.shape.length - 2];
  }

  branch(id: string): Branch {
    return this.data.branches.find((branch) => branch.id === id) ?? this.data.branches[0];
  }

  /** Joint work to show: of the very policy, or of the nearest one that is kept for the branch, and then it says so. */
  private async shown(policy: number[], branch: string): Promise<Joint | null> {
    const kept = this.data.histories.filter((one) => one.branch === branch);
    if (!kept.length) return null;
    const best = kept.reduce((x, y) => (steps(y.policy, policy) < steps(x.policy, policy) ? y : x));
    const joint = await this.joint(best);
    return steps(best.policy, policy) ? { ...joint, borrowed: best.policy } : joint;
  }

  /** Joint work of a history. */
  async joint(history: History): Promise<Joint> {
    const known = this.read.get(history.id);
    if (known) return known;
    const found = await readJoint(history);
    this.read.set(history.id, found);
    return found;
  }

  async side(policy: number[], branch: string): Promise<Side> {
    const number = Math.max(0, this.data.branches.findIndex((one) => one.id === branch));
    const at = [...policy, number];
    const columns = this.data.cells.columns.map((_, i) => i);
    const thrown = this.data.throws?.policies.findIndex((one) => one.every((value, i) => value === policy[i])) ?? -1;
    return {
      curves: columns.map((k) => this.curves.row(...at, k)),
      bands: columns.map((k) => [0, 1, 2, 3].map((q) => this.bands.row(...at, k, q))),
      byCountry: this.byCountry.row(...at),
      scores: byScore(this.scores.row(...at), this.data.scores.names.length),
      calmLeftOut: this.calm?.row(...policy) ?? null,
      throws:
        this.throws && thrown >= 0
          ? Array.from({ length: this.draws }, (_, d) => this.throws!.row(thrown, number, d))
          : null,
      history: await this.shown(policy, branch),
    };
  }

  async scene(a: number[], b: number[], branch: string): Promise<Scene> {
    const [left, right] = await Promise.all([this.side(a, branch), this.side(b, branch)]);
    return { a: left, b: right, branch: this.branch(branch), origin: "grid" };
  }
}

/** What a run of the server gives: cells by policy (one, where both are the same) and branch (the last is the shock). */
export interface RunResult {
  cells: { curves: Packed; bands: Packed; by_country: Packed };
  scores: { values: Packed };
  histories: History[];
  /** Policy beside whose calm output the score stands, where that is not today's. */
  output_beside?: "a" | "b";
  python: string;
  command: string;
}

/** The scene of a run of the server. */
export async function sceneOf(result: RunResult, data: PageData, branch: Branch): Promise<Scene> {
  const [curves, bands, byCountry, scores] = await Promise.all([
    unpack(result.cells.curves),
    unpack(result.cells.bands),
    unpack(result.cells.by_country),
    unpack(result.scores.values),
  ]);
  const joint = await Promise.all(result.histories.map(readJoint));
  const columns = data.cells.columns.map((_, k) => k);
  const last = curves.shape[1] - 1;
  const side = (policy: number): Side => {
    const p = Math.min(policy, curves.shape[0] - 1);
    return {
      curves: columns.map((k) => curves.row(p, last, k)),
      bands: columns.map((k) => [0, 1, 2, 3].map((q) => bands.row(p, last, k, q))),
      byCountry: byCountry.row(p, last),
      scores: byScore(scores.row(p, last), data.scores.names.length),
      calmLeftOut: null,
      throws: null,
      history: joint[Math.min(p, joint.length - 1)] ?? null,
    };
  };
  return { a: side(0), b: side(1), branch, origin: "run" };
}
