import { type Ending, GOING_AWAY, type Life } from "./life.ts";
import { keyOf, mix } from "./mix.ts";

/** `calm` is what a good week brings, in minutes; `rough` is what a year brings, in minutes. */
export const FAULT_LEVELS = ["none", "calm", "rough"] as const;
export type FaultLevel = typeof FAULT_LEVELS[number];

export interface UpgradeFault {
  readonly refuse: number;
  readonly reason: string;
  readonly retryAfterMs?: number;
}

/** What is wrong with an answer: its status, how late it comes, or that its body breaks off in the middle. */
export interface AnswerFault {
  readonly status?: 429 | 500 | 503 | 504;
  readonly retryAfterMs?: number;
  readonly delayMs?: number;
  readonly isCut?: boolean;
}

/** Never sent; sent twice; behind a damaged one; with a field nobody documents. */
export type FrameFault = "lost" | "doubled" | "damaged" | "drifted";

/** `pick` chooses the symbol, in [0, 1). */
export interface SymbolFault {
  readonly waitMs: number;
  readonly kind: "list" | "delist" | "halt";
  readonly pick: number;
}

/**
 * What a venue does wrong, and when: pure functions of the seed and of how many connections, upgrades, requests or frames came before, so
 * that a run is repeated by its seed. A frame is lost only where its stream's numbers prove it: what nobody can know nobody can tell.
 */
export class Faults {
  readonly level: Exclude<FaultLevel, "none">;
  /** How far REST lags behind the streams. */
  readonly restLagMs: number;
  readonly #habits: Habits;
  readonly #ageMaxMs: number;
  readonly #seed: number;
  readonly #frameKey: number;

  /** `ageMaxMs`: the longest life of a connection instead of the level's own. */
  constructor(level: Exclude<FaultLevel, "none">, seed: number, ageMaxMs?: number) {
    this.level = level;
    this.#habits = HABITS[level];
    this.#ageMaxMs = ageMaxMs ?? this.#habits.ageMaxMs;
    this.#seed = seed;
    this.#frameKey = keyOf(seed, "fault", "frame");
    this.restLagMs = this.#habits.restLagMs;
  }

  /** Of the n-th connection. Ages differ, so that connections of one moment do not end in one moment. */
  life(n: number): Life {
    const { ageMinShare, lives } = this.#habits;
    const draw = this.#draws("life", n);
    const fate = chosen(lives, draw()) ?? "away";
    const ageMs = Math.round(this.#ageMaxMs * (ageMinShare + (1 - ageMinShare) * draw()));
    switch (fate) {
      case "away":
        return { ageMs, noticeMs: 0, end: GOING_AWAY };
      case "noticed":
        return { ageMs, noticeMs: Math.round(Math.min(NOTICE_MS_MAX, ageMs / 2) * draw()), end: GOING_AWAY };
      case "reset":
        return { ageMs, noticeMs: 0, end: { by: "reset" } };
      case "odd":
        return { ageMs, noticeMs: 0, end: ODD_ENDINGS[Math.floor(draw() * ODD_ENDINGS.length)]! };
      case "rude":
        return { ageMs, noticeMs: 0, end: { by: "reset" }, decay: { afterMs: 0, to: "rude" } };
      case "mute":
      case "dead":
        return { ageMs: SILENT_AGE_MS, noticeMs: 0, end: { by: "reset" }, decay: { afterMs: ageMs, to: fate } };
    }
  }

  /** Of the n-th upgrade request that the limits let through. */
  upgrade(n: number): UpgradeFault | undefined {
    return chosen(this.#habits.upgrades, this.#draws("upgrade", n)());
  }

  /** Of the n-th REST request that the limits let through. */
  answer(n: number): AnswerFault | undefined {
    const draw = this.#draws("answer", n);
    const fault = chosen(this.#habits.answers, draw());
    return fault?.delayMs === undefined ? fault : { ...fault, delayMs: Math.round(fault.delayMs * (0.5 + draw() / 2)) };
  }

  /** Of the n-th frame that is sent to anyone. */
  frame(n: number): FrameFault | undefined {
    const { frames } = this.#habits;
    let left = mix(this.#frameKey, n) / 2 ** 32 * 100_000;
    for (const [per100k, fault] of frames) if ((left -= per100k) < 0) return fault;
    return undefined;
  }

  /** The n-th change in the list of symbols; undefined where the list is left alone. */
  symbol(n: number): SymbolFault | undefined {
    const { symbolEveryMs } = this.#habits;
    if (symbolEveryMs === undefined) return undefined;
    const draw = this.#draws("symbol", n);
    const kind = (["list", "delist", "halt", "halt"] as const)[Math.floor(draw() * 4)]!;
    return { kind, waitMs: Math.round(symbolEveryMs * (0.5 + draw())), pick: draw() };
  }

  /** Numbers in [0, 1), the same ones for the same n. */
  #draws(what: string, n: number): () => number {
    const key = mix(keyOf(this.#seed, "fault", what), n);
    let i = 0;
    return () => mix(key, i++) / 2 ** 32;
  }
}

type Fate = "away" | "noticed" | "reset" | "odd" | "rude" | "mute" | "dead";
/** In a thousand. */
type Odds<T> = readonly (readonly [perMille: number, what: T])[];

interface Habits {
  readonly ageMaxMs: number;
  /** The shortest life, as a share of the longest. */
  readonly ageMinShare: number;
  /** What is left of the thousand is cut at its age with 1001. */
  readonly lives: Odds<Fate>;
  readonly upgrades: Odds<UpgradeFault>;
  readonly answers: Odds<AnswerFault>;
  readonly frames: readonly (readonly [per100k: number, what: FrameFault])[];
  readonly symbolEveryMs?: number;
  readonly restLagMs: number;
}

const NOTICE_MS_MAX = 10_000;
const SILENT_AGE_MS = 300_000; // past every client's patience: it has to notice by itself
/** Between the longest and half of it. A client's deadline for an answer is some 10 s. */
const SLOW_MS = 3_000;
const STUCK_MS = 30_000;

const ODD_ENDINGS: readonly Ending[] = [
  { by: "close", code: 1000, reason: "" },
  { by: "close", code: 1005, reason: "" },
  { by: "close", code: 1006, reason: "" },
  { by: "close", code: 1008, reason: "Policy violation" },
  { by: "close", code: 1011, reason: "Internal error" },
  { by: "close", code: 1012, reason: "Service restart" },
  { by: "close", code: 1013, reason: "Try again later" },
  { by: "close", code: 4004, reason: "" },
];

const HABITS: Readonly<Record<Exclude<FaultLevel, "none">, Habits>> = {
  calm: {
    ageMaxMs: 60_000,
    ageMinShare: 0.5,
    lives: [[250, "noticed"], [150, "reset"]],
    upgrades: [],
    answers: [[5, { status: 503 }], [20, { delayMs: SLOW_MS }]],
    frames: [],
    restLagMs: 0,
  },
  rough: {
    ageMaxMs: 20_000,
    ageMinShare: 0.1,
    lives: [[100, "noticed"], [350, "reset"], [250, "odd"], [50, "rude"], [75, "mute"], [75, "dead"]],
    upgrades: [
      [120, { refuse: 503, reason: "Service Unavailable" }],
      [40, { refuse: 429, reason: "Too many connections.", retryAfterMs: 2_000 }],
    ],
    answers: [
      [60, { status: 503 }],
      [30, { status: 500 }],
      [20, { status: 504 }],
      [40, { status: 429, retryAfterMs: 1_000 }],
      [100, { delayMs: SLOW_MS }],
      [20, { delayMs: STUCK_MS }],
      [20, { isCut: true }],
    ],
    frames: [[5, "lost"], [100, "doubled"], [20, "damaged"], [20, "drifted"]],
    symbolEveryMs: 10_000,
    restLagMs: 1_500,
  },
};

function chosen<T>(odds: Odds<T>, draw: number): T | undefined {
  let left = draw * 1_000;
  for (const [perMille, what] of odds) if ((left -= perMille) < 0) return what;
  return undefined;
}
