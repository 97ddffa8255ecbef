/** day files of gaps ▸ [completeness].  In: some days. Out: of each day, source and type, for which share of the time nobody can vouch. */
import type { EventType } from "../../events/event_type.ts";
import { gap, type GapEvent } from "../../events/gap.ts";
import { eventTypeOf, OWN_TYPES } from "../../events/registry.ts";
import { session } from "../../events/session.ts";
import { dateOf, US_PER_DAY, US_PER_S } from "../../lib/time.ts";
import type { StorageWorld } from "../storage/day_file.ts";
import { dayFilesOf, foldersIn } from "../storage/day_tree.ts";
import { dayFilePath, tmpFolder } from "../storage/paths.ts";
import { runsOf } from "./coverage.ts";
import { DayFileReader } from "./day_parts.ts";
import { StreamView } from "./stream_view.ts";
import { TableRows } from "./table_rows.ts";

/** A day of one type of a source. */
export interface DayCompleteness {
  readonly date: string;
  readonly source: string;
  readonly type: string;
  /** With a day file. */
  readonly streams: number;
  /** Of the time that has passed of the day, over all its streams, the share in which nothing is known to be missing. */
  readonly complete: number;
  /** The rest, summed over the streams. */
  readonly secondsMissing: number;
  /** Holes that are not the begin of a recording, and how many of them were filled. */
  readonly holes: number;
  readonly holesHealed: number;
  /** Of the numbers that prove a hole, in those that were not filled. */
  readonly idsMissing: number;
}

type Hole = Pick<GapEvent, "dataType" | "fromTime" | "toTime" | "afterId" | "beforeId" | "missing" | "reason" | "outcome">;
type Interval = readonly [fromTime: number, toTime: number];

/** Whole days, and the one that is not over, up to `now`. */
interface Days {
  readonly dates: readonly string[];
  readonly now: number;
}

/**
 * Looks through the gap files of a data path. What a file said is kept as long as the file is the same, so that asking again costs a look at
 * each file's size; rows that no file holds yet are not seen.
 */
export class Completeness {
  readonly #world: StorageWorld;
  readonly #dataPath: string;
  readonly #known = new Map<string, { readonly signature: string; readonly holes: readonly Hole[] }>();

  constructor(world: StorageWorld, dataPath: string) {
    this.#world = world;
    this.#dataPath = dataPath;
  }

  /** The last `count` days of every source. Yields between streams: other questions have their turn. */
  *survey(now: number, count: number): Generator<undefined, DayCompleteness[]> {
    const days = { dates: Array.from({ length: count }, (_, i) => dateOf(now - (count - 1 - i) * US_PER_DAY)), now };
    const found: DayCompleteness[] = [];
    for (const source of foldersIn(this.#world.disk, this.#dataPath).filter((name) => name !== "tmp")) {
      const types = foldersIn(this.#world.disk, `${this.#dataPath}/${source}`)
        .filter((type) => eventTypeOf(type) !== undefined && !OWN_TYPES.includes(type));
      const idle = this.#idle(source);
      const holes = yield* this.#holesOf(source, days);
      for (const type of types) {
        const streams = yield* this.#streamsOf(source, type, days);
        const ofType = holes.flatMap((symbol) => [symbol.filter(({ dataType }) => dataType === type)]);
        for (const date of days.dates) {
          const filed = streams.get(date) ?? 0;
          if (filed > 0) found.push(judged({ date, source, type, streams: filed }, ofType, idle, now));
          yield;
        }
      }
    }
    return found.sort((a, b) => a.date < b.date ? -1 : a.date > b.date ? 1 : 0);
  }

  /** How many streams have a day file, by date. */
  *#streamsOf(source: string, type: string, { dates }: Days): Generator<undefined, Map<string, number>> {
    const counts = new Map<string, number>();
    for (const symbol of foldersIn(this.#world.disk, `${this.#dataPath}/${source}/${type}`)) {
      for (const { date, isCorrupt } of dayFilesOf(this.#world.disk, this.#dataPath, `${source}/${type}/${symbol}`, dates[0])) {
        if (!isCorrupt) counts.set(date, (counts.get(date) ?? 0) + 1);
      }
      yield;
    }
    return counts;
  }

  /** Of each symbol, what last became of its holes. */
  *#holesOf(source: string, days: Days): Generator<undefined, (readonly Hole[])[]> {
    const all: (readonly Hole[])[] = [];
    for (const symbol of foldersIn(this.#world.disk, `${this.#dataPath}/${source}/${gap.name}`)) {
      const path = `${source}/${gap.name}/${symbol}`;
      const signature = this.#signature(path, days.dates);
      let known = this.#known.get(path);
      if (known?.signature !== signature) this.#known.set(path, known = { signature, holes: this.#read(path, days.dates[0]!) });
      all.push(known.holes);
      yield;
    }
    return all;
  }

  /** Changes whenever a file of those days does. */
  #signature(path: string, dates: readonly string[]): string {
    const { disk } = this.#world;
    const files = dates.map((date) => disk.stat(dayFilePath(this.#dataPath, path, date)));
    const waiting = foldersIn(disk, `${tmpFolder(this.#dataPath)}/${path}`)
      .flatMap((hash) => disk.list(`${tmpFolder(this.#dataPath)}/${path}/${hash}`).map(({ name }) => `${hash}/${name}`));
    return [dates[0], ...files.map((file) => `${file?.inode} ${file?.bytes} ${file?.modifiedTime}`), ...waiting].join("|");
  }

  #read(path: string, from: string): Hole[] {
    const holes = new Map<string, Hole>();
    // A reader of its own: what moments of the past are answered from stays in the other one's memory.
    using view = this.#view(path, gap as unknown as EventType);
    for (const date of view.dates().filter((each) => each >= from)) {
      for (const part of view.day(date)) {
        const rows = new TableRows<GapEvent>(gap, part);
        for (let row = 0; row < rows.rows; row++) {
          const hole = holeOf(rows, row);
          holes.set(`${hole.dataType} ${hole.fromTime} ${hole.toTime} ${hole.afterId} ${hole.beforeId}`, hole);
        }
      }
      view.release(date);
    }
    return [...holes.values()];
  }

  /** Before the first start, and from each stop to the next start; what a kill cost is told by gap rows. Without sessions (an import) nothing is claimed. */
  #idle(source: string): Interval[] {
    using sessions = this.#view(`${source}/${session.name}/_all`, session as unknown as EventType);
    const runs = runsOf(sessions);
    const between = runs.flatMap(({ stopTime }, i): Interval[] =>
      stopTime === undefined ? [] : [[stopTime, runs[i + 1]?.startTime ?? Infinity]]
    );
    return runs.length === 0 ? [] : [[-Infinity, runs[0]!.startTime], ...between];
  }

  #view(path: string, type: EventType): StreamView {
    return StreamView.open(this.#world, new DayFileReader(this.#world), { dataPath: this.#dataPath, path, type }, []);
  }
}

/** Only what is asked for: a column that nobody reads is not decoded. */
function holeOf(rows: TableRows<GapEvent>, row: number): Hole {
  const of = <K extends keyof Hole>(name: K) => rows.field(row, name) as Hole[K];
  return {
    dataType: of("dataType"),
    fromTime: of("fromTime"),
    toTime: of("toTime"),
    afterId: of("afterId"),
    beforeId: of("beforeId"),
    missing: of("missing"),
    reason: of("reason"),
    outcome: of("outcome"),
  };
}

function judged(
  about: Pick<DayCompleteness, "date" | "source" | "type" | "streams">,
  symbols: readonly (readonly Hole[])[],
  idle: readonly Interval[],
  now: number,
): DayCompleteness {
  const midnight = Date.parse(`${about.date}T00:00:00Z`) * 1_000;
  const day: Interval = [midnight, Math.min(midnight + US_PER_DAY, now)];
  const always = within(idle, day);
  const alwaysUs = lengthOf(always);
  let missingUs = alwaysUs * about.streams;
  const counts = { holes: 0, holesHealed: 0, idsMissing: 0 };
  for (const holes of symbols) {
    const today = holes.filter(({ fromTime, toTime }) => fromTime < day[1] && toTime >= day[0]);
    const open = today.filter(({ outcome, missing }) => outcome !== "healed" && missing !== 0);
    if (open.length > 0) {
      missingUs += lengthOf(within([...always, ...open.map((each): Interval => [each.fromTime, each.toTime])], day)) - alwaysUs;
    }
    const proven = today.filter(({ reason, toTime }) => reason !== "start" && reason !== "listed" && toTime < day[1]);
    counts.holes += proven.length;
    counts.holesHealed += proven.filter(({ outcome }) => outcome === "healed").length;
    counts.idsMissing += proven.reduce((sum, { outcome, missing = 0 }) => outcome === "healed" ? sum : sum + missing, 0);
  }
  const totalUs = about.streams * (day[1] - day[0]);
  return { ...about, complete: Math.max(0, 1 - missingUs / totalUs), secondsMissing: missingUs / US_PER_S, ...counts };
}

/** The union, cut to the day; in order. */
function within(intervals: readonly Interval[], [from, to]: Interval): Interval[] {
  const joined: [number, number][] = [];
  for (const [begin, end] of intervals.map(([a, b]) => [Math.max(a, from), Math.min(b, to)] as const).sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (begin >= end) continue;
    if (last !== undefined && begin <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([begin, end]);
  }
  return joined;
}

function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [from, to]) => sum + to - from, 0);
}
