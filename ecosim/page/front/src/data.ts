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
  lon: number;
  lat: number;
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
  shock: string;
  countries: string[];
  none: boolean;
  dice: boolean;
  overrides?: string[];
}

export interface History {
  id: string;
  policy: number[];
  branch: string;
  seed: number;
  pairs: [number, number][];
  months: number;
  shocked: Packed;
  calm: Packed;
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
  months: { before: number; after: number };
  levers: Lever[];
  branches: Branch[];
  cells: { shape: number[]; columns: string[]; draws?: number; curves: Packed; bands: Packed; by_country: Packed };
  scores: { names: string[]; values: Packed; better?: ("up" | "down")[]; unit?: string[]; smallest?: number[] };
  histories: History[];
  throws?: { policies: number[][]; column: string; values: Packed };
  coins?: { instruments: string[]; mixes: number[][]; branches: string[]; scores: Packed; coins?: number };
  cards: Card[];
  assumptions: Assumption[];
  why: Record<string, { text: string; assumptions: string[]; command: string }>;
  repeat?: { python: string; command: string };
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
  ) {}

  static async open(data: PageData): Promise<Store> {
    if (data.format !== 1) throw new Error(`data of format ${data.format}; this page reads format 1`);
    const [curves, bands, byCountry, scores, throws, coins] = await Promise.all([
      unpack(data.cells.curves),
      unpack(data.cells.bands),
      unpack(data.cells.by_country),
      unpack(data.scores.values),
      data.throws ? unpack(data.throws.values) : null,
      data.coins ? unpack(data.coins.scores) : null,
    ]);
    return new Store(data, curves, bands, byCountry, scores, throws, coins);
  }

  get draws(): number {
    return this.scores.shape[this.scores.shape.length - 1];
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
    const [shocked, calm] = await Promise.all([unpack(history.shocked), unpack(history.calm)]);
    const found: Joint = {
      pairs: history.pairs,
      shocked: history.pairs.map((_, i) => shocked.row(i)),
      calm: history.pairs.map((_, i) => calm.row(i)),
      seed: history.seed,
      borrowed: null,
    };
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
      scores: this.data.scores.names.map((_, s) => this.scores.row(...at, s)),
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

/** What a run of the server gives: one cell for each of the two policies. */
export interface RunResult {
  cells: { columns?: string[]; curves: Packed; bands: Packed; by_country: Packed };
  scores: Packed | { values: Packed };
  throws?: Packed;
  histories: History[];
  python: string;
  command: string;
}

/** The scene of a run of the server. */
export async function sceneOf(result: RunResult, columns: string[], names: string[], branch: Branch): Promise<Scene> {
  const packedScores = "values" in result.scores ? result.scores.values : result.scores;
  const [curves, bands, byCountry, scores, throws] = await Promise.all([
    unpack(result.cells.curves),
    unpack(result.cells.bands),
    unpack(result.cells.by_country),
    unpack(packedScores),
    result.throws ? unpack(result.throws) : null,
  ]);
  const draws = scores.shape[scores.shape.length - 1];
  const joint = await Promise.all(
    result.histories.map(async (history): Promise<Joint> => {
      const [shocked, calm] = await Promise.all([unpack(history.shocked), unpack(history.calm)]);
      return {
        pairs: history.pairs,
        shocked: history.pairs.map((_, i) => shocked.row(i)),
        calm: history.pairs.map((_, i) => calm.row(i)),
        seed: history.seed,
        borrowed: null,
      };
    }),
  );
  const side = (p: number): Side => ({
    curves: columns.map((_, k) => curves.row(p, k)),
    bands: columns.map((_, k) => [0, 1, 2, 3].map((q) => bands.row(p, k, q))),
    byCountry: byCountry.row(p),
    scores: names.map((_, s) => scores.row(p, s)),
    throws: throws ? Array.from({ length: draws }, (_, d) => throws.row(p, d)) : null,
    history: joint[p] ?? null,
  });
  return { a: side(0), b: side(1), branch, origin: "run" };
}
