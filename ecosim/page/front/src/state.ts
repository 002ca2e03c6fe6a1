// What the reader has chosen, in one place. Parts of the page listen and draw themselves anew.

import type { PageData } from "./data";
import { still } from "./dom";

export type View = "act" | "lessons" | "luck" | "coins" | "cards" | "about";
export const VIEWS: View[] = ["act", "lessons", "luck", "coins", "cards", "about"];
export type Who = "a" | "b";
export type Bet = "a" | "b" | "same";

export interface State {
  view: View;
  language: string;
  theme: "auto" | "light" | "dark";
  projector: boolean;
  /** Place on each lever's axis. Levers of the world are the same in both. */
  a: number[];
  b: number[];
  branch: string;
  /** Settings beyond the levers, by dotted key; only the server can run them. */
  extra: { a: Record<string, unknown>; b: Record<string, unknown> };
  /** A shock beyond the branches; only the server can run it. */
  shock: { kind: string; countries: string[]; settings?: Record<string, unknown>; name?: string } | null;
  /** Settings that both policies share, where they are not those of the grid. */
  base: Record<string, unknown> | null;
  off: string[];
  seed: number;
  /** Throw (draw) that is looked at. */
  throw: number;
  month: number;
  /** A curve that was drawn: a value for each month from 0 on, or null. */
  drawn: (number | null)[] | null;
  bet: Bet | null;
  /** The shock has acted: what it did may be shown. */
  broken: boolean;
  lesson: string | null;
}

type Listener = (state: State, changed: Set<keyof State>) => void;

/** A state that tells its listeners what has changed. */
export class Model {
  private listeners = new Set<Listener>();
  private endings = new Set<() => void>();

  constructor(public state: State) {}

  set(patch: Partial<State>): void {
    const changed = new Set<keyof State>();
    for (const key of Object.keys(patch) as (keyof State)[]) {
      if (this.state[key] !== patch[key]) changed.add(key);
    }
    if (!changed.size) return;
    this.state = { ...this.state, ...patch };
    for (const listener of [...this.listeners]) listener(this.state, changed);
  }

  on(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Hear that the page is built anew. */
  onEnd(ending: () => void): void {
    this.endings.add(ending);
  }

  /** Drop all listeners: before the page is built anew. */
  clear(): void {
    for (const ending of this.endings) ending();
    this.endings.clear();
    this.listeners.clear();
  }
}

/** Whether a lever is an assumption that both policies share. */
export function shared(data: PageData, lever: number): boolean {
  const one = data.levers[lever];
  // what organisations do is an assumption, what programmes do is policy
  return one.of ? one.of === "world" : Object.keys(one.sets[0]).every((key) => key.startsWith("behaviour."));
}

/** Defaults: A is the usual policy, B spreads work over as many countries as the first lever allows. */
export function initial(data: PageData, language: string): State {
  const a = data.levers.map((lever) => lever.default);
  const b = [...a];
  const first = data.levers.findIndex((_, i) => !shared(data, i));
  if (first >= 0) {
    const last = data.levers[first].values.length - 1;
    b[first] = a[first] === last ? 0 : last;
  }
  return {
    view: "act",
    language,
    theme: "auto",
    projector: false,
    a,
    b,
    branch: startBranch(data, a, b),
    extra: { a: {}, b: {} },
    shock: null,
    base: null,
    off: [],
    seed: data.seed ?? 0,
    throw: 0,
    month: -1,
    drawn: null,
    bet: null,
    broken: false,
    lesson: null,
  };
}

/** A branch of which the map's history is recorded for both policies, if there is one. */
function startBranch(data: PageData, a: number[], b: number[]): string {
  const recorded = (policy: number[], id: string): boolean =>
    data.histories.some((one) => one.branch === id && one.policy.every((value, i) => value === policy[i]));
  const shocks = data.branches.filter((branch) => !branch.none);
  const best =
    shocks.find((one) => recorded(a, one.id) && recorded(b, one.id)) ?? shocks.find((one) => recorded(a, one.id)) ?? shocks[0];
  return (best ?? data.branches[0]).id;
}

/** Months a second while playing. */
export const PACE = 10;

/** A clock that calls back for each month, and stops by itself at the last. */
export class Player {
  private timer = 0;

  constructor(
    private readonly last: number,
    private readonly get: () => number,
    private readonly show: (month: number) => void,
    private readonly tell: (playing: boolean) => void,
  ) {}

  get playing(): boolean {
    return this.timer !== 0;
  }

  start(): void {
    this.stop();
    // with less motion wanted, seven pictures instead of a film
    const step = still() ? 12 : 1;
    this.timer = window.setInterval(
      () => {
        const next = Math.min(this.last, this.get() + step);
        this.show(next);
        if (next >= this.last) this.stop();
      },
      (1000 * (still() ? 15 : 1)) / PACE,
    );
    this.tell(true);
  }

  stop(): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.tell(false);
  }
}
