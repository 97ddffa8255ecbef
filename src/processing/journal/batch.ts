import type { EventBase, EventType } from "../../events/event_type.ts";
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

/** Gathers what was appended to the streams of one type since it was last taken. */
export class BatchBuilder<T extends EventBase> {
  readonly #type: EventType<T>;
  readonly #table: Table<T>;
  #paths: string[] = [];
  #runs: number[] = [];

  constructor(type: EventType<T>) {
    this.#type = type;
    this.#table = new Table(type);
  }

  get bytes(): number {
    return this.#table.bytes;
  }

  /** Copies the rows from index `place.first` on. */
  addFrom(place: Place, rows: Table<T>): void {
    this.#note(place, rows.rows - place.first);
    this.#table.appendFrom(rows, place.first);
  }

  /** Copies all the rows. */
  add(place: Place, rows: SealedTable): void {
    this.#note(place, rows.rows);
    this.#table.appendAll(rows);
  }

  take(): JournalBatch | undefined {
    if (this.#paths.length === 0) return undefined;
    const batch = { type: this.#type.name, paths: this.#paths.join("\n"), runs: new Float64Array(this.#runs), table: this.#table.seal() };
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
