import { RecentNumbers } from "../../lib/recent_numbers.ts";
import type { EventType, SequenceKey } from "../../events/event_type.ts";
import type { Channel } from "../../exchanges/source.ts";
import type { SealedColumn, SealedTable } from "./table.ts";

/** What one day file of a stream holds, and what is wrong with it. */
export interface DayFacts {
  readonly rows: number;
  readonly live: number;
  readonly healed: number;
  readonly snapshots: number;
  /** Holes between numbered rows that fetched ones did not fill, and the ids they lack. */
  readonly holes: readonly Hole[];
  readonly problems: readonly string[];
}

export interface Hole {
  readonly afterId: number;
  readonly beforeId: number;
}

/**
 * Follows one stream through its day files: rows are in order, none stands there twice, and what is missing is known. Only the venue's own
 * rule proves a hole; where ids only rise, order and uniqueness are all that can be checked.
 */
export class StreamCheck {
  readonly #type: EventType;
  // deno-lint-ignore no-explicit-any -- channels of all event types; the registry is the documented exception
  readonly #channel: Channel<any, any> | undefined;
  readonly #recent = new RecentNumbers();
  #last: SequenceKey | undefined;

  // deno-lint-ignore no-explicit-any -- as above
  constructor(type: EventType, channel: Channel<any, any> | undefined) {
    this.#type = type;
    this.#channel = channel;
  }

  /** The next day, in order of dates; `from` and `to` are its first µs and the first after it. */
  day(table: SealedTable, from: number, to: number): DayFacts {
    const problems: string[] = [];
    const recvTimes = this.#numbers(table, "recvTime");
    const outside = recvTimes.findIndex((time) => time < from || time >= to);
    if (outside >= 0) problems.push(`row ${outside} was received on another day`);
    const origins = this.#texts(table, "origin");
    const keys = this.#keys(table);
    const holes: Hole[] = [];
    const fetched = new Set<number>();
    const counts = { live: 0, healed: 0, snapshots: 0 };
    for (let row = 0; row < table.rows; row++) {
      const key = keys(row);
      if (origins[row] === "snapshot") counts.snapshots++;
      else if (origins[row] === "heal") {
        counts.healed++;
        if (key !== undefined && fetched.has(key[0])) problems.push(`row ${row} (${key[0]}) was fetched twice`);
        if (key !== undefined) fetched.add(key[0]);
      } else {
        counts.live++;
        if (key !== undefined) this.#follow(row, key, { holes, problems, isInTime: row === 0 || recvTimes[row]! >= recvTimes[row - 1]! });
      }
    }
    return { rows: table.rows, ...counts, holes: unfilled(holes, fetched), problems };
  }

  #follow(
    row: number,
    key: SequenceKey,
    { holes, problems, isInTime }: { readonly holes: Hole[]; readonly problems: string[]; readonly isInTime: boolean },
  ): void {
    const last = this.#last;
    const rule = this.#channel?.continuity;
    // Where ids only rise and the venue sent one late, it stands where it arrived.
    const isLate = rule === undefined && isInTime && this.#recent.lacks(key[1]) && last !== undefined && key[1] < last[1];
    this.#recent.add(key[1]);
    if (isLate) return;
    this.#last = key;
    if (last === undefined) return;
    const step = rule?.(last, key) ?? (key[1] > last[1] ? "next" : "duplicate");
    if (step === "gap") holes.push({ afterId: last[1], beforeId: key[0] });
    if (step !== "duplicate") return;
    this.#last = last;
    problems.push(`row ${row} (${key.join("-")}) ${key[1] === last[1] ? "stands there twice" : `stands behind ${last.join("-")}`}`);
  }

  /** The sequence numbers of a row, or undefined where the venue numbers nothing. */
  #keys(table: SealedTable): (row: number) => SequenceKey | undefined {
    const fields = this.#type.columns.filter(({ kind }) => kind === "int64").map(({ field }) =>
      [field, this.#numbers(table, field)] as const
    );
    const numbers: Record<string, number | undefined> = {};
    return (row) => {
      for (const [field, values] of fields) numbers[field] = Number.isNaN(values[row]!) ? undefined : values[row]!;
      return this.#type.sequenceKey(numbers as never);
    };
  }

  #column(table: SealedTable, field: string): SealedColumn | undefined {
    return table.columns[this.#type.columns.findIndex((column) => column.field === field)];
  }

  #numbers(table: SealedTable, field: string): Float64Array {
    const column = this.#column(table, field);
    return column?.kind === "numbers" ? column.values : new Float64Array(table.rows).fill(NaN);
  }

  #texts(table: SealedTable, field: string): (string | undefined)[] {
    const column = this.#column(table, field);
    return column?.kind === "texts" ? Array.from(column.codes, (code) => code === 0 ? undefined : column.values[code - 1]) : [];
  }
}

/** What is left of the holes when the fetched ids are in their places. */
function unfilled(holes: readonly Hole[], fetched: ReadonlySet<number>): Hole[] {
  return holes.flatMap(({ afterId, beforeId }) => {
    const left: Hole[] = [];
    let from = afterId;
    if (fetched.size === 0) return [{ afterId, beforeId }];
    for (let id = afterId + 1; id <= beforeId; id++) {
      if (id !== beforeId && !fetched.has(id)) continue;
      if (id > from + 1) left.push({ afterId: from, beforeId: id });
      from = id;
    }
    return left;
  });
}
