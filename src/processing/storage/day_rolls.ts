import type { EventType } from "../../events/event_type.ts";
import { eventTypeOf } from "../../events/registry.ts";
import { StorageError } from "../../lib/errors.ts";
import { dateOf, US_PER_DAY, US_PER_MS } from "../../lib/time.ts";
import type { StorageWorld } from "./day_file.ts";
import { dayFilesOf, streamFolders } from "./day_tree.ts";
import { rolling } from "./rolling.ts";
import type { StorageNews } from "./storage_messages.ts";

const DAYS_BACK = 8; // older ones a recorder does not look for at each start: `argus compact` does
const LATE_INTERVALS = 3; // rows of a day that is over are under way for one or two
const SETTLED_MAX = 65_536;
const LOOKS_AFTER_FAILURE = 15; // a disk that refuses is not asked for thousands of files a minute
const FULL = ["ENOSPC", "EDQUOT"];

export interface DayRollsOptions {
  readonly dataPath: string;
  readonly flushIntervalMs: number;
  /** Are there chunks that may belong into that day file? */
  readonly isWaiting: (path: string, date: string) => boolean;
  readonly tell: (news: StorageNews) => void;
}

/**
 * Rolls the days that are over, one file after the other, a slice a step: its owner takes a step when it has nothing else to do. A file
 * that cannot be rolled now (chunks wait, the disk refuses) comes again in the next round.
 */
export class DayRolls {
  readonly #world: StorageWorld;
  readonly #options: DayRollsOptions;
  /** Files that need no second look. */
  readonly #settled = new Set<string>();
  #round: Iterator<undefined> | undefined;
  #roundDate = "";
  #isUnfinished = false;
  #looksToSkip = 0;

  constructor(world: StorageWorld, options: DayRollsOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** Begins a round where there is reason to: a day is over, or the last round left something. */
  look(): void {
    if (this.#looksToSkip > 0) return void this.#looksToSkip--;
    const date = this.#today();
    if (this.#round !== undefined || (date === this.#roundDate && !this.#isUnfinished)) return;
    this.#roundDate = date;
    this.#isUnfinished = false;
    this.#round = this.#files(date);
  }

  /** That day file was added to. */
  touched(path: string, date: string): void {
    if (date >= this.#roundDate) return;
    this.#settled.delete(`${path}/${date}`);
    this.#isUnfinished = true;
  }

  /** A little to do, or undefined where there is nothing. */
  next(): (() => void) | undefined {
    const round = this.#round;
    return round === undefined ? undefined : () => {
      if (round.next().done === true) this.#round = undefined;
    };
  }

  /** The first date that is not over, or so short a time that rows of the day before are still under way. */
  #today(): string {
    return dateOf(this.#world.clock.wallTime() - LATE_INTERVALS * this.#options.flushIntervalMs * US_PER_MS);
  }

  *#files(today: string): Generator<undefined> {
    const { disk } = this.#world;
    const { dataPath, isWaiting } = this.#options;
    const oldest = dateOf(Date.parse(today) * US_PER_MS - DAYS_BACK * US_PER_DAY);
    for (const { type: typeName, path } of streamFolders(disk, dataPath)) {
      yield;
      const type = eventTypeOf(typeName);
      if (type === undefined) continue;
      for (const { date, isCorrupt } of dayFilesOf(disk, dataPath, path, oldest)) {
        if (isCorrupt || date >= today || this.#settled.has(`${path}/${date}`)) continue;
        if (isWaiting(path, date)) this.#isUnfinished = true;
        else if (FULL.includes(yield* this.#roll(type, path, date))) return;
      }
    }
  }

  /** Gives the disk's refusal; "" where there was none. */
  *#roll(type: EventType, path: string, date: string): Generator<undefined, string> {
    const { dataPath, tell } = this.#options;
    try {
      const rolled = yield* rolling(this.#world, type, { dataPath, path, date });
      if (rolled.what === "changed") this.#isUnfinished = true;
      else this.#settle(`${path}/${date}`);
      if (rolled.what === "rolled") tell({ ...rolled, path, date });
      if (rolled.what === "damaged") tell({ ...rolled, path: `${path}/${date}` });
      return "";
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#isUnfinished = true;
      this.#looksToSkip = LOOKS_AFTER_FAILURE;
      const { op, path: at, code, hint } = error;
      tell({ what: "roll_failed", failure: { op, path: at, code, hint } });
      return code;
    }
  }

  #settle(file: string): void {
    if (this.#settled.size >= SETTLED_MAX) this.#settled.clear();
    this.#settled.add(file);
  }
}
