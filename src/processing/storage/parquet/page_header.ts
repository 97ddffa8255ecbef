import { ThriftCursor, TYPE, unzigzag } from "./thrift_cursor.ts";

/** What stands before a page's bytes. */
export interface PageHeader {
  readonly kind: "data" | "dictionary";
  /** Of the header itself. */
  readonly bytes: number;
  readonly rawBytes: number;
  /** Levels and body as they are stored. */
  readonly storedBytes: number;
  /** CRC-32 of the stored bytes, where the writer gave one. */
  readonly crc: number | undefined;
  /** Slots, those without a value included. */
  readonly slots: number;
  readonly nulls: number;
  readonly rows: number;
  readonly encoding: PageEncoding;
  readonly repetitionBytes: number;
  readonly definitionBytes: number;
  readonly isCompressed: boolean;
}

export type PageEncoding = "PLAIN" | "RLE" | "DELTA_BINARY_PACKED" | "RLE_DICTIONARY";

const ENCODINGS = new Map<number, PageEncoding>([[0, "PLAIN"], [3, "RLE"], [5, "DELTA_BINARY_PACKED"], [8, "RLE_DICTIONARY"]]);
const KIND = { dictionary: 2, dataV2: 3 };

type Struct = Map<number, number | Struct>;

/** The header at `from`. Throws RangeError for a page of a kind or an encoding that we never write. */
export function pageHeaderAt(bytes: Uint8Array, from: number): PageHeader {
  const cursor = new ThriftCursor(bytes, from);
  const header = structAt(cursor, 0);
  const kind = number(header, 1);
  if (kind !== KIND.dataV2 && kind !== KIND.dictionary) throw new RangeError(`it has a page of kind ${kind}`);
  const isData = kind === KIND.dataV2;
  const own = header.get(isData ? 8 : 7);
  if (!(own instanceof Map)) throw new RangeError("a page header lacks its second half");
  const crc = header.get(4);
  return {
    kind: isData ? "data" : "dictionary",
    bytes: cursor.at - from,
    rawBytes: number(header, 2),
    storedBytes: number(header, 3),
    crc: typeof crc === "number" ? crc >>> 0 : undefined,
    slots: number(own, 1),
    nulls: isData ? number(own, 2) : 0,
    rows: isData ? number(own, 3) : 0,
    encoding: encodingOf(number(own, isData ? 4 : 2)),
    definitionBytes: isData ? number(own, 5) : 0,
    repetitionBytes: isData ? number(own, 6) : 0,
    isCompressed: own.get(7) !== 0, // absent: yes
  };
}

function encodingOf(code: number): PageEncoding {
  const encoding = ENCODINGS.get(code);
  if (encoding === undefined) throw new RangeError(`it has a page of encoding ${code}`);
  return encoding;
}

function number(struct: Struct, id: number): number {
  const value = struct.get(id);
  if (typeof value !== "number" || value < 0) throw new RangeError(`field ${id} of a page header is ${value}`);
  return value;
}

/** Numbers, booleans (0 or 1) and structs by field id; all else is skipped. */
function structAt(cursor: ThriftCursor, depth: number): Struct {
  const fields: Struct = new Map();
  for (let id = 0;;) {
    const header = cursor.byte();
    if (header === TYPE.stop) return fields;
    id = header >> 4 === 0 ? unzigzag(cursor.varint()) : id + (header >> 4);
    const type = header & 0x0f;
    if (type === TYPE.true || type === TYPE.false) fields.set(id, type === TYPE.true ? 1 : 0);
    else if (type === TYPE.i16 || type === TYPE.i32 || type === TYPE.i64) fields.set(id, unzigzag(cursor.varint()));
    else if (type === TYPE.struct && depth === 0) fields.set(id, structAt(cursor, depth + 1));
    else cursor.skip(type, depth);
  }
}
