import assert from "node:assert/strict";
import fc from "fast-check";
import { Codec, type Decoded } from "../../../src/exchanges/codec.ts";
import type { Source, TimeUnit } from "../../../src/exchanges/source.ts";
import { SymbolValues } from "../../../src/sim/venue/symbol_values.ts";
import type { Card } from "../card.ts";
import { fieldsOf, withRaw } from "../mutations.ts";
import { payloadOf, SEED, type Subject } from "../subject.ts";
import { marketEvent, numbers, symbols, TYPES } from "./src_02_rendered_comes_back.ts";

/** Where a scanner might read on, stop short or read another number than JSON does. */
const VALUES = [
  ..."0 00 01 1. .5 1.0 1e3 1E3 -1 -0 +1 0x10 9007199254740991 9007199254740992 9007199254740993 99999999999999999999".split(" "),
  ..."123456789012345 1234567890.123456 0.000000000000001 0.0000000000000001 999999999999999.9 9223372036.12345678".split(" "),
  ..."12345678901.00000000 9007199254740993.00000000 0.00000000 1_000 1,5 １ NaN null true false [] {}".split(" "),
  "",
];
const FLIPS = [...'0123456789.,:eE+-"{}[] \\utrfals'];
const DAMAGED_MAX = 2; // lines of a file whose fields are replaced one by one
const RECV_TIME = 1_795_000_000_123_456;

export const scannedIsParsed: Card = {
  id: "SRC-12",
  promise: "a scanner reads what JSON.parse, the schema and ofJson read, or declines; what the venue really sends it does not decline",
  // Skip when: no channel has a scanner.
  skip: ({ source }) => source.channels.some(({ scanner }) => scanner !== undefined) ? undefined : "no scanners",
  check(subject) {
    for (const { timeUnit, lines } of subject.data) {
      for (const [n, { text, recvTime, where }] of lines.entries()) {
        assert(isScanned(subject.source, { timeUnit, recvTime, known: text }, text), `${where}: the scanner declines`);
        if (n >= DAMAGED_MAX) continue;
        for (const path of fieldsOf(payloadOf(subject.source, text).data)) {
          if (path.length > 2) continue; // lists of levels: the flips reach them
          for (const value of VALUES) {
            for (const raw of [value, JSON.stringify(value)]) {
              isScanned(subject.source, { timeUnit, recvTime, known: text }, withRaw(text, path, raw));
            }
          }
        }
      }
    }
    rendered(subject);
    flipped(subject);
  },
};

function rendered({ source, dialect }: Subject): void {
  if (dialect === undefined) return;
  const property = fc.property(fc.nat(), symbols, numbers, fc.integer({ min: 1, max: 30 }), (seed, symbol, n, length) => {
    for (const type of TYPES) {
      const stream = dialect.streamOf({ type, symbol });
      const event = marketEvent(new SymbolValues(seed, symbol, { inexactOneIn: 5 }), { type, symbol }, n, length);
      for (const timeUnit of ["ms", "us"] as const) {
        const text = dialect.envelope(stream, dialect.render(event, timeUnit), true);
        assert(isScanned(source, { timeUnit, recvTime: RECV_TIME, known: text }, text), `the scanner declines ${text}`);
      }
    }
  });
  fc.assert(property, { seed: SEED, numRuns: 150 });
}

/** One or two characters changed, dropped or doubled, on a stream that is known. */
function flipped({ source, data }: Subject): void {
  const lines = data.flatMap(({ timeUnit, lines }) => lines.map((line) => ({ ...line, timeUnit })));
  const change = fc.tuple(fc.nat(), fc.constantFrom("replace", "drop", "double"), fc.constantFrom(...FLIPS));
  let scanned = 0;
  const property = fc.property(fc.constantFrom(...lines), fc.array(change, { minLength: 1, maxLength: 2 }), (line, changes) => {
    const { timeUnit, recvTime, text: known } = line;
    let text = known;
    for (const [nat, how, char] of changes) {
      const at = nat % text.length;
      text = text.slice(0, at) + (how === "drop" ? "" : how === "double" ? text[at]! + text[at]! : char) + text.slice(at + 1);
    }
    if (isScanned(source, { timeUnit, recvTime, known }, text)) scanned++;
  });
  fc.assert(property, { seed: SEED, numRuns: 6_000 });
  assert(scanned > 300, `only ${scanned} damaged frames were scanned: the comparison says little`);
}

interface About {
  readonly timeUnit: TimeUnit;
  readonly recvTime: number;
  /** A frame of the stream that came before. */
  readonly known: string;
}

/** Reads a frame both ways and compares whatever came out. Was it the scanner that read it? */
function isScanned(source: Source, { timeUnit, recvTime, known }: About, text: string): boolean {
  const { streamSpan: _, ...parsing } = source;
  const [fast, slow] = [new Codec(source, { timeUnit }), new Codec(parsing, { timeUnit })];
  for (const codec of [fast, slow]) codec.decode(known, recvTime);
  const [left, right] = [fast.decode(text, recvTime), slow.decode(text, recvTime)];
  assert.deepEqual(outcome(left), outcome(right), text);
  const { scansDeclined, ...counts } = fast.counts;
  assert.deepEqual({ ...counts, scansDeclined: 0 }, slow.counts, text);
  return left.kind === "events" && scansDeclined === 0;
}

function outcome(decoded: Decoded): unknown {
  switch (decoded.kind) {
    case "events":
      return { ...decoded, channel: decoded.channel.event.name };
    case "control":
      return decoded;
    case "bad":
      return { reason: decoded.error.reason, message: decoded.error.message };
  }
}
