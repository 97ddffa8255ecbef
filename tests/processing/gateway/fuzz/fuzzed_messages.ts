import type { SeededRandom } from "../../../../src/sim/world/seeded_random.ts";
import { concatBytes } from "../../../../src/lib/bytes.ts";
import { frameBytes, OPCODE } from "../../../../src/lib/websocket_frames.ts";
import { bytesOf, mutated, pick, randomBytes } from "./fuzzed_bytes.ts";

const PATHS = [
  "binance/trade/AAA",
  "binance/*/*",
  "**",
  "*",
  "binance/trade/A*A*A*",
  `${"*".repeat(100)}/b/c`,
  `${"a*".repeat(200)}`,
  "*/".repeat(20),
  "~1/binance/trade/AAA",
  "binance/../../etc",
  "binance/trade/%2e%2e%2f",
  "binance/trade/nobody",
  "",
  "\u0000",
  "\ud83d\udca9/\u202e/x",
  "__proto__",
  "x".repeat(600),
];
const TEXTS = [
  "",
  "null",
  "[]",
  "{}",
  "0",
  '"subscribe"',
  '{"op":"subscribe"}',
  '{"op":"subscribe","paths":"**"}',
  '{"op":"subscribe","paths":[[]]}',
  '{"op":"subscribe","paths":[null,1,{}]}',
  '{"op":"__proto__","paths":["x"]}',
  '{"__proto__":{"op":"subscribe","paths":["**"]}}',
  '{"op":"subscribe","paths":["**"],"op":"unsubscribe"}',
  "[".repeat(20_000),
  '{"op":'.repeat(5_000),
  `{"op":"subscribe","paths":[${Array(300).fill('"a/b/c*"').join()}]}`,
];

/** The frames of a client that means no good, or is broken. */
export function fuzzedMessages(random: SeededRandom, count: number): Uint8Array {
  const all = concatBytes(Array.from({ length: count }, () => frames(random)));
  const bytes = random.below(10) < 2 ? mutated(random, all) : all;
  return random.below(8) === 0 ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

function frames(random: SeededRandom): Uint8Array {
  const mask = random.below(60) === 0 ? undefined : randomBytes(random, 4);
  const masked = (opcode: number, payload: Uint8Array, isFinal = true) =>
    frameBytes(opcode, payload, mask === undefined ? { isFinal } : { isFinal, mask });
  switch (random.below(24)) {
    case 0: // no UTF-8
      return masked(
        OPCODE.text,
        concatBytes([
          bytesOf('{"op":"'),
          pick(random, [[0xc0, 0xaf], [0xff], [0xed, 0xa0, 0x80], [0xf5]].map((each) => Uint8Array.from(each))),
        ]),
      );
    case 1:
      return masked(OPCODE.binary, randomBytes(random, random.below(200)));
    case 2:
      return masked(pick(random, [OPCODE.ping, OPCODE.pong]), randomBytes(random, random.below(126)));
    case 3: { // in pieces, in order or not
      const payload = bytesOf(text(random));
      const at = random.below(payload.length + 1);
      const parts = [masked(OPCODE.text, payload.subarray(0, at), false), masked(OPCODE.continuation, payload.subarray(at))];
      return concatBytes(random.below(4) === 0 ? parts.reverse() : parts);
    }
    case 4: // many empty pieces
      return concatBytes([
        masked(OPCODE.text, new Uint8Array(0), false),
        ...Array.from({ length: 50 }, () => masked(OPCODE.continuation, new Uint8Array(0), false)),
      ]);
    case 5:
      return random.below(6) === 0 ? randomBytes(random, 1 + random.below(40)) : masked(OPCODE.text, bytesOf(text(random)));
    case 6: // longer than it is, longer than may be
      return random.below(4) === 0
        ? Uint8Array.of(0x81, 0xff, 0, 0, 0, random.below(2), 0, 0, 0, 0, 1, 2, 3, 4)
        : masked(OPCODE.text, bytesOf(text(random)));
    case 7:
      return random.below(4) === 0
        ? masked(OPCODE.close, randomBytes(random, random.below(10)))
        : masked(OPCODE.text, bytesOf(text(random)));
    case 8:
      return random.below(4) === 0
        ? masked(3 + random.below(13), randomBytes(random, random.below(130)))
        : masked(OPCODE.text, bytesOf(text(random)));
    default:
      return masked(OPCODE.text, bytesOf(text(random)));
  }
}

function text(random: SeededRandom): string {
  if (random.below(5) === 0) return pick(random, TEXTS);
  const paths = Array.from({ length: 1 + random.below(4) }, () => pick(random, PATHS));
  return JSON.stringify({ op: pick(random, ["subscribe", "subscribe", "unsubscribe"]), paths });
}
