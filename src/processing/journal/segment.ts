import type { Compression } from "../../runtime/runtime.ts";
import { tmpFolder } from "../storage/paths.ts";
import { type JournalRecord, RECORD_MAGIC, recordAt, recordBytes } from "./record.ts";

/** Segments of one generation are numbered from 1. */
export interface SegmentId {
  readonly hash: string;
  readonly number: number;
}

export function journalFolder(dataPath: string): string {
  return `${tmpFolder(dataPath)}/journal`;
}

export function segmentName({ hash, number }: SegmentId): string {
  return `${hash}.${String(number).padStart(6, "0")}.journal`;
}

/** Undefined for a file that is none of ours. */
export function segmentIdOf(fileName: string): SegmentId | undefined {
  const [, hash, number] = /^([\w-]+)\.(\d{6,15})\.journal$/.exec(fileName) ?? [];
  return hash === undefined ? undefined : { hash, number: Number(number) };
}

/** What stands in a segment, in order: everything is one of these. */
export type Found =
  | { readonly kind: "record"; readonly at: number; readonly record: JournalRecord }
  /** Bytes that cannot be read, or none where whole records are missing. `torn`: a last write that a crash cut short. */
  | { readonly kind: "damage"; readonly at: number; readonly bytes: number; readonly isTorn: boolean };

/** Reads on behind what is damaged: at the next record that is whole. */
export function* readSegment(compression: Compression, bytes: Uint8Array): Generator<Found> {
  let sequence = 0;
  for (let at = 0; at < bytes.length;) {
    const from = at;
    let record = recordAt(compression, bytes, at);
    while (record === undefined && at < bytes.length) {
      at = nextMagic(bytes, at + 1);
      record = recordAt(compression, bytes, at);
    }
    if (at > from) yield { kind: "damage", at: from, bytes: at - from, isTorn: record === undefined && isTorn(bytes, from) };
    else if (record !== undefined && record.sequence !== sequence) yield { kind: "damage", at, bytes: 0, isTorn: false };
    if (record === undefined) return;
    yield { kind: "record", at, record };
    sequence = record.sequence + 1;
    at += recordBytes(bytes, at)!;
  }
}

function nextMagic(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(RECORD_MAGIC[0]!, from); at >= 0; at = bytes.indexOf(RECORD_MAGIC[0]!, at + 1)) {
    if (RECORD_MAGIC.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return bytes.length;
}

/** The end of a file as a crash leaves it: the beginning of a record without its end, or nothing but zeros. */
function isTorn(bytes: Uint8Array, from: number): boolean {
  const rest = bytes.subarray(from);
  const length = recordBytes(bytes, from);
  if (length !== undefined) return from + length > bytes.length;
  return rest.every((byte) => byte === 0) || (rest.length < 28 && RECORD_MAGIC.every((byte, i) => i >= rest.length || rest[i] === byte));
}
