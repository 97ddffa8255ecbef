/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ [journal].  In: a batch of rows. Out: one framed, checked record. */
import type { EventType } from "../../events/event_type.ts";
import { eventTypeOf } from "../../events/registry.ts";
import type { Compression } from "../../runtime/runtime.ts";
import { Bytes } from "../storage/parquet/bytes.ts";
import type { SealedTable } from "../storage/table.ts";
import { type JournalBatch, type Place, RUN_NUMBERS } from "./batch.ts";
import { ByteReader } from "./byte_reader.ts";
import { readColumns, writeColumns } from "./columns.ts";
import { TextCache } from "./text_cache.ts";

/** Rows that stand one after the other in one chunk of one stream. */
export interface Run extends Place {
  readonly rows: number;
  /** Least and greatest receive time. */
  readonly fromTime: number;
  readonly toTime: number;
}

/** A record as it lies in a segment. Its rows are decoded when asked for. */
export interface JournalRecord {
  /** The number of it in its segment, from 0. */
  readonly sequence: number;
  readonly hash: string;
  /** `trade/1`: rows of another version than ours cannot be read. */
  readonly schema: string;
  readonly runs: readonly Run[];
  /** One table a run. Throws RangeError where the columns are not ours. */
  tables(): SealedTable[];
}

const LEVEL = 1; // a higher one is no smaller here, and slower
const PACKED_BYTES_MIN = 512; // a call costs up to 50 µs, whatever it packs
export const RECORD_MAGIC = new TextEncoder().encode("AJ01");
/** Magic · CRC-32 of all that follows it · number · length of the head, as it is stored and raw · length of the columns, the same. */
export const HEADER_BYTES = 28;

/** Makes records of one generation. */
export class RecordEncoder {
  readonly #compression: Compression;
  readonly #hash: string;
  readonly #head = new Bytes(4_096);
  readonly #columns = new Bytes(65_536);
  readonly #texts = new TextCache();

  constructor(compression: Compression, hash: string) {
    this.#compression = compression;
    this.#hash = hash;
  }

  /** Everything of a record but its number and checksum, which belong to the place it is written to. */
  encode(batch: JournalBatch): Uint8Array<ArrayBuffer> {
    const type = typeOf(batch.type);
    const [head, columns] = [this.#head, this.#columns];
    head.clear();
    columns.clear();
    this.#writeHead(type, batch);
    writeColumns(columns, type, batch.table, this.#texts);
    const [headStored, columnsStored] = [packed(this.#compression, head.view()), packed(this.#compression, columns.view())];
    const record = new Uint8Array(HEADER_BYTES + headStored.length + columnsStored.length);
    const view = new DataView(record.buffer);
    record.set(RECORD_MAGIC);
    [headStored.length, head.length, columnsStored.length, columns.length].forEach((value, i) => view.setUint32(12 + 4 * i, value, true));
    record.set(headStored, HEADER_BYTES);
    record.set(columnsStored, HEADER_BYTES + headStored.length);
    return record;
  }

  #writeHead(type: EventType, { paths, runs, table }: JournalBatch): void {
    const out = this.#head;
    const times = recvTimes(type, table);
    this.#texts.write(out, this.#hash);
    this.#texts.write(out, schemaOf(type));
    out.varint(runs.length / RUN_NUMBERS);
    let row = 0;
    paths.split("\n").forEach((path, i) => {
      const at = RUN_NUMBERS * i;
      const rows = runs[at + 3]!;
      let [from, to] = [Infinity, -Infinity];
      for (const end = row + rows; row < end; row++) {
        const time = times[row]!;
        if (time < from) from = time;
        if (time > to) to = time;
      }
      this.#texts.write(out, path);
      for (let j = at; j < at + RUN_NUMBERS; j++) out.varint(runs[j]!);
      out.zigzag(from);
      out.varint(to - from);
    });
  }
}

/** Gives a record its place in a segment. */
export function sealRecord(compression: Compression, record: Uint8Array<ArrayBuffer>, sequence: number): void {
  const view = new DataView(record.buffer);
  view.setUint32(8, sequence, true);
  view.setUint32(4, compression.crc32(record.subarray(8)), true);
}

/** How long the record is whose header stands there; undefined for what is none. */
export function recordBytes(bytes: Uint8Array, at: number): number | undefined {
  if (at + HEADER_BYTES > bytes.length || !RECORD_MAGIC.every((byte, i) => bytes[at + i] === byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  return HEADER_BYTES + view.getUint32(12, true) + view.getUint32(20, true);
}

/** The whole, undamaged record that begins there; undefined for anything else. */
export function recordAt(compression: Compression, bytes: Uint8Array, at: number): JournalRecord | undefined {
  const length = recordBytes(bytes, at);
  if (length === undefined || at + length > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  if (compression.crc32(bytes.subarray(at + 8, at + length)) !== view.getUint32(4, true)) return undefined;
  const [headBytes, headRaw, , columnsRaw] = [12, 16, 20, 24].map((offset) => view.getUint32(offset, true)) as [
    number,
    number,
    number,
    number,
  ];
  const columnsAt = at + HEADER_BYTES + headBytes;
  const head = readHead(() => unpacked(compression, bytes.subarray(at + HEADER_BYTES, columnsAt), headRaw));
  if (head === undefined) return undefined;
  return {
    ...head,
    sequence: view.getUint32(8, true),
    tables: () => readTables(unpacked(compression, bytes.subarray(columnsAt, at + length), columnsRaw), head),
  };
}

/** A zstd frame, or the bytes as they are where that is no longer: then both lengths in the header are the same. */
function packed(compression: Compression, bytes: Uint8Array): Uint8Array {
  if (bytes.length < PACKED_BYTES_MIN) return bytes;
  const frame = compression.zstd(bytes, LEVEL);
  return frame.length < bytes.length ? frame : bytes;
}

function unpacked(compression: Compression, stored: Uint8Array, length: number): Uint8Array {
  return stored.length === length ? stored : compression.unzstd(stored, length);
}

function schemaOf({ name, version }: EventType): string {
  return `${name}/${version}`;
}

/** The type of a record's rows; undefined where this version does not know it. */
function knownType(schema: string): EventType | undefined {
  const type = eventTypeOf(schema.split("/")[0]!);
  return type !== undefined && schemaOf(type) === schema ? type : undefined;
}

type Head = Pick<JournalRecord, "hash" | "schema" | "runs">;

/** Undefined for a head that is sound and yet none of ours: nothing may be concluded from it. */
function readHead(bytes: () => Uint8Array): Head | undefined {
  try {
    return headOf(new ByteReader(bytes()));
  } catch {
    return undefined;
  }
}

function headOf(reader: ByteReader): Head {
  const [hash, schema] = [reader.text(), reader.text()];
  const runs = Array.from({ length: reader.varint() }, () => {
    const path = reader.text();
    const [chunk, before, first, rows] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()];
    const fromTime = reader.zigzag();
    return { path, chunk, before, first, rows, fromTime, toTime: fromTime + reader.varint() };
  });
  return { hash, schema, runs };
}

function readTables(bytes: Uint8Array, { schema, runs }: Head): SealedTable[] {
  const type = knownType(schema);
  if (type === undefined) throw new RangeError(`rows of ${schema} are of another version`);
  const whole = readColumns(new ByteReader(bytes), type, runs.reduce((sum, { rows }) => sum + rows, 0));
  let row = 0;
  const levels = new Array<number>(whole.columns.length).fill(0);
  return runs.map(({ rows }) => {
    const table = slice(whole, row, rows, levels);
    row += rows;
    return table;
  });
}

/** `levels` counts, for each column of levels, those of the rows before. */
function slice(whole: SealedTable, from: number, rows: number, levels: number[]): SealedTable {
  const columns = whole.columns.map((column, i) => {
    switch (column.kind) {
      case "numbers":
        return { ...column, values: column.values.slice(from, from + rows) };
      case "flags":
        return { ...column, values: column.values.slice(from, from + rows) };
      case "texts":
        return { ...column, codes: column.codes.slice(from, from + rows) };
      case "levels": {
        const counts = column.counts.slice(from, from + rows);
        const first = levels[i]!;
        const last = levels[i] = first + counts.reduce((sum, count) => sum + count, 0);
        return { ...column, counts, prices: column.prices.slice(first, last), sizes: column.sizes.slice(first, last) };
      }
    }
  });
  return { rows, columns };
}

function typeOf(name: string): EventType {
  const type = eventTypeOf(name);
  if (type === undefined) throw new RangeError(`no event type is called ${name}`);
  return type;
}

export function recvTimes(type: EventType, { columns, rows }: SealedTable): Float64Array {
  const column = columns[type.columns.findIndex(({ field }) => field === "recvTime")];
  return column?.kind === "numbers" ? column.values : new Float64Array(rows);
}
