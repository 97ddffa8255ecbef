import type { EventBase, EventType } from "../../events/event_type.ts";
import { columnsOf } from "../storage/columns_of.ts";
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

/** Rows of a buffer that the journal does not have, from index `place.first` on. */
export interface FreshRows<T extends EventBase> {
  readonly place: Place;
  readonly table: Table<T>;
}

/** Gathers what was appended to the streams of one type since it was last taken. */
export class BatchBuilder<T extends EventBase> {
  readonly #type: EventType<T>;
  /** What has left its buffer meanwhile. */
  readonly #kept: Table<T>;
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

  /** Copies rows that are about to leave their buffer. */
  keep({ place, table }: FreshRows<T>): void {
    this.#note(place, table.rows - place.first);
    this.#kept.appendFrom(table, place.first);
  }

  /** Copies all the rows. */
  keepAll(place: Place, rows: SealedTable): void {
    this.#note(place, rows.rows);
    this.#kept.appendAll(rows);
  }

  /** All that was kept, and these rows of buffers behind it. */
  take(fresh: readonly FreshRows<T>[]): JournalBatch | undefined {
    for (const { place, table } of fresh) this.#note(place, table.rows - place.first);
    if (this.#paths.length === 0) return undefined;
    const parts = [this.#kept.part(0), ...fresh.map(({ place, table }) => table.part(place.first))];
    const table = columnsOf(parts[0]!.cells.kinds, parts);
    const batch = { type: this.#type.name, paths: this.#paths.join("\n"), runs: new Float64Array(this.#runs), table };
    this.#kept.release();
    this.#paths = [];
    this.#runs = [];
    return batch;
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
