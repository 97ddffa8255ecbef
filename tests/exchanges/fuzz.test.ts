import assert from "node:assert/strict";
import { describe } from "node:test";
import { Codec, type Decoded } from "../../src/exchanges/codec.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { seededTest, seedsFrom } from "../simulation/seeds.ts";
import { type Subject, subjects, type TimedLine, timedLines } from "../conformance/subject.ts";

const FILE = "../exchanges/fuzz.test.ts";
const FRAMES = 100_000; // a seed

/** What ends parsers, and what a venue or whoever stands between might really send. */
const NASTY: readonly string[] = [
  "",
  "\u0000",
  "\ufeff{}",
  "[".repeat(10_000),
  '{"a":'.repeat(10_000),
  '"'.repeat(9_999),
  "\\u0000".repeat(1_000),
  '{"stream":"\ud800@trade","data":{}}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  '{"stream":"__proto__","data":{"__proto__":{"polluted":true}}}',
  '{"stream":"constructor","data":[]}',
  "1e999999",
  "-",
  "NaN",
  "null",
  "true",
  "[]",
  '{"id":1,"id":2,"result":null}',
  "\u2028\u2029",
  "<!doctype html>",
];
/** Pieces that keep a text close to JSON, so that more than the tokenizer is tried. */
const TOKENS = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "null",
  "true",
  "0",
  "-1",
  "1e400",
  "9007199254740993",
  '"__proto__"',
  '"',
  "\u0000",
  "\ud800",
  " ",
  "\n",
];

type Mutate = (text: string, random: SeededRandom, other: string) => string;

const MUTATIONS: readonly Mutate[] = [
  // Bytes, as a line that is not TCP would change them.
  (text, random) => changedBytes(text, random, (byte) => byte ^ (1 << random.below(8))),
  (text, random) => changedBytes(text, random, () => random.below(256)),
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => text.slice(random.below(text.length)),
  (text, random) => text + text.slice(0, random.below(text.length)),
  // Grammar.
  (text, random) => inserted(text, random, TOKENS[random.below(TOKENS.length)]!),
  (text, random) => without(text, random, 1 + random.below(8)),
  (text, random) => inserted(text, random, text.slice(random.below(text.length)).slice(0, 1 + random.below(40))),
  (text, random, other) => text.slice(0, random.below(text.length)) + other.slice(random.below(other.length)),
  (_text, random) => Array.from({ length: 1 + random.below(30) }, () => TOKENS[random.below(TOKENS.length)]!).join(""),
  (_text, random) => NASTY[random.below(NASTY.length)]!,
];

function changedBytes(text: string, random: SeededRandom, change: (byte: number) => number): string {
  const bytes = new TextEncoder().encode(text);
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(bytes.length);
    bytes[at] = change(bytes[at]!);
  }
  return new TextDecoder().decode(bytes);
}

function inserted(text: string, random: SeededRandom, piece: string): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + piece + text.slice(at);
}

function without(text: string, random: SeededRandom, length: number): string {
  const at = random.below(text.length);
  return text.slice(0, at) + text.slice(at + length);
}

/** What was read is what the text says to somebody else: the venue's half of the simulator, which shares no code with the codec. */
function assertSaid({ dialect, source }: Subject, text: string, decoded: Decoded & { readonly kind: "events" }, usPerTick: number): void {
  const frame = JSON.parse(text) as { stream: string; data: unknown };
  const topic = dialect?.topicOf(frame.stream);
  if (dialect === undefined) return;
  assert.ok(topic !== undefined, `${source.id} reads a stream that is none: ${text}`);
  const facts = dialect.facts(topic, JSON.stringify(frame.data));
  assert.equal(decoded.events.length, 1, text);
  const [event] = decoded.events as unknown as Record<string, unknown>[];
  assert.equal(event!["symbol"], topic.symbol, text);
  for (const [column, value] of Object.entries(facts.fields)) {
    const field = column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    assert.deepEqual(event![field] ?? null, value, `${column} of ${text}`);
  }
  assert.equal(event!["eventTime"] ?? null, facts.eventTime === null ? null : facts.eventTime * usPerTick, text);
}

for (const subject of subjects()) {
  describe(`${subject.source.id}: ${FRAMES} damaged frames`, () => {
    for (const seed of seedsFrom(1, 1)) {
      seededTest(FILE, seed, "crash nothing, hang nothing, pollute nothing, and give no row that the text does not say", () => {
        const random = new SeededRandom(seed, "fuzz", subject.source.id);
        const lines = timedLines(subject).filter(({ text }) => text.length < 2_000);
        const codecs = { ms: new Codec(subject.source, { timeUnit: "ms" }), us: new Codec(subject.source, { timeUnit: "us" }) };
        const counts = { events: 0, control: 0, bad: 0 };
        const pick = (): TimedLine => lines[random.below(lines.length)]!;
        for (let i = 0; i < FRAMES; i++) {
          const { text, timeUnit, recvTime } = pick();
          const damaged = MUTATIONS[random.below(MUTATIONS.length)]!(text, random, pick().text);
          const startedMs = performance.now();
          const decoded = codecs[timeUnit].decode(damaged, recvTime);
          assert.ok(performance.now() - startedMs < 1_000, `took a second: ${damaged.slice(0, 200)}`);
          counts[decoded.kind]++;
          if (decoded.kind === "events") assertSaid(subject, damaged, decoded, timeUnit === "ms" ? 1_000 : 1);
        }
        assert.deepEqual(Object.keys(Object.prototype), []);
        assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
        assert.ok(counts.bad > FRAMES / 2 && counts.events > FRAMES / 100, JSON.stringify(counts));
      });
    }
  });
}
