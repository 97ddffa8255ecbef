import type { EventBase, EventType } from "../../events/event_type.ts";
import { assert } from "../../lib/assert.ts";
import { columnsOf, type Part } from "../storage/columns_of.ts";
import { buffersOf, type SealedTable, Table } from "../storage/table.ts";

/** Where rows stand that follow each other in one chunk of one stream. */
export interface Place {
  readonly path: string;
  readonly chunk: number;
  /** Rows of the stream in the chunks before, since its generation began: with them no row can be missed unnoticed. */
  readonly before: number;
  /** Index in the chunk of the first of them. */
  readonly first: number;
}

/** Rows of one type, of many streams, on their way into the journal. Plain data: it crosses between threads. */
export interface JournalBatch {
  readonly type: string;
  /** Of each run of rows its stream, a line each: one string crosses more cheaply than a thousand. */
  readonly paths: string;
  /** Of each run four numbers: its chunk, the rows before that chunk, the index in it of its first row, and how many rows it has. */
  readonly runs: Float64Array<ArrayBuffer>;
  readonly table: SealedTable;
}

export const RUN_NUMBERS = 4;

/** What was gathered, and the streams of its runs by name: whoever is told that it is durable need not take them apart again. */
export interface Gathered {
  readonly batch: JournalBatch;
  readonly paths: readonly string[];
}

/** Gathers what was appended to the streams of one type since it was last taken. */
export class BatchBuilder<T extends EventBase> {
  readonly #type: EventType<T>;
  /** What has left its buffer meanwhile. */
  readonly #kept: Table<T>;
  /** Where the rest lies. */
  #parts: Part[] = [];
  #paths: string[] = [];
  #runs: number[] = [];

  constructor(type: EventType<T>) {
    this.#type = type;
    this.#kept = new Table(type);
  }

  /** Of what was kept. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** Copies the rows from `place.first` on, which are about to leave their buffer. */
  keep(place: Place, table: Table<T>): void {
    assert(this.#parts.length === 0, "rows that stay where they are come last");
    this.#note(place, table.rows - place.first);
    this.#kept.appendFrom(table, place.first);
  }

  /** Copies all the rows. */
  keepAll(place: Place, rows: SealedTable): void {
    this.#note(place, rows.rows);
    this.#kept.appendAll(rows);
  }

  /** The rows from `place.first` on, where they lie until `take`. */
  add(place: Place, table: Table<T>): void {
    this.#note(place, table.rows - place.first);
    this.#parts.push(table.part(place.first));
  }

  /** All that was kept, and behind it what was added. */
  take(): Gathered | undefined {
    const paths = this.#paths;
    if (paths.length === 0) return undefined;
    const table = columnsOf([this.#kept.part(0), ...this.#parts]);
    const batch = { type: this.#type.name, paths: paths.join("\n"), runs: new Float64Array(this.#runs), table };
    this.#kept.release();
    this.#parts = [];
    this.#paths = [];
    this.#runs = [];
    return { batch, paths };
  }

  #note({ path, chunk, before, first }: Place, rows: number): void {
    this.#paths.push(path);
    this.#runs.push(chunk, before, first, rows);
  }
}

/** What a batch may give away when it crosses to another thread. */
export function transfersOf({ runs, table }: JournalBatch): ArrayBuffer[] {
  return [runs.buffer, ...buffersOf(table)];
}
