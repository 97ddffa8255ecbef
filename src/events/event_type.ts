/**
 * What an event *is*, apart from how a venue says it: its columns (CONTRACT, section 4), its symbol, the key that puts it in order.
 * An event is a plain readonly object with one camelCase field a column; absent is `undefined` in code and null in the column.
 */
export interface EventType<T extends EventBase = EventBase> {
  readonly name: string;
  /** Rises with every change of the file format; stored as `argus.schema = "{name}/{version}"`. */
  readonly version: number;
  readonly doc: string;
  readonly columns: readonly Column<T>[];
  /** First and last sequence number an event covers, or undefined where the venue numbers nothing. */
  sequenceKey(event: T): SequenceKey | undefined;
}

export type SequenceKey = readonly [first: number, last: number];

export type Origin = "live" | "heal" | "snapshot";

/** The columns every market event has. Times in µs since the epoch, UTC. */
export interface EventBase {
  readonly recvTime: number;
  readonly eventTime: number | undefined;
  readonly source: string;
  readonly symbol: string;
  readonly origin: Origin;
}

export type ColumnKind = "timestamp" | "int64" | "double" | "string" | "boolean" | "levels";
/** How the column is written: measured per column in the storage facts. */
export type ColumnEncoding = "delta" | "plain" | "dictionary" | "rle";

export interface Column<T> {
  /** snake_case: the name in files, JSON and SQL. */
  readonly name: string;
  /** The same word in camelCase: the field of the event. */
  readonly field: keyof T & string;
  readonly kind: ColumnKind;
  readonly isNullable: boolean;
  readonly encoding: ColumnEncoding;
  readonly doc: string;
}

/** One price level: [price, size], size 0 removes the level. */
export type Level = readonly [price: number, size: number];
