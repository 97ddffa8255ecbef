import assert from "node:assert/strict";
import fc from "fast-check";
import type { EventBase } from "../../../src/events/event_type.ts";
import { Codec } from "../../../src/exchanges/codec.ts";
import type { Card } from "../card.ts";
import { type FieldPath, fieldsOf, valueAt, without, withRaw } from "../mutations.ts";
import { type DataFixture, describe, eventsOf, type Line, payloadOf, read, type Reading, SEED, type Subject } from "../subject.ts";

/** What no venue sends in any field: each must be refused, counted, or stand where nobody looks. */
const NONSENSE = [
  "null",
  '"NaN"',
  '""',
  '"0x10"',
  '"1e400"',
  '"1e-400"',
  '" 1"',
  '"1,5"',
  '"Infinity"',
  '"１"',
  "9007199254740993",
  "1.5",
  "1e400",
  "{}",
];
const FLIPS = [...'0123456789.,:eE+-"{}[] \\abntrufls'];

export const mutatedFrames: Card = {
  id: "SRC-05",
  promise: "a damaged frame is refused or counted or means what it meant: never altered, never guessed, never thrown",
  // Skip when: never.
  skip: () => undefined,
  check(subject) {
    for (const fixture of subject.data) {
      for (const line of withEveryField(subject, fixture)) checkFields(subject, fixture, line);
      for (const line of fixture.lines) checkNeighbours(subject, fixture, line);
    }
    truncated(subject);
    flipped(subject);
    garbage(subject);
  },
};

function checkFields(subject: Subject, { timeUnit }: DataFixture, line: Line): void {
  const meant = eventsOf(subject, timeUnit, line);
  const { data } = payloadOf(subject.source, line.text);
  const harmless = (text: string, what: string) => {
    const reading = read(subject.source, timeUnit, text, line.recvTime);
    assert(
      isRefused(reading) || isCounted(reading) || sameEvents(reading, meant),
      `${line.where}: ${what} gives ${describe(reading.decoded)}`,
    );
  };
  for (const path of fieldsOf(data)) {
    const value = valueAt(data, path);
    const name = path.join(".");
    for (const raw of NONSENSE) harmless(withRaw(line.text, path, raw), `${name} = ${raw}`);
    for (const raw of otherTypes(value)) harmless(withRaw(line.text, path, raw), `${name} = ${raw}`);
    if (!isListItem(data, path)) harmless(without(line.text, path), `no ${name}`);
  }
  const added = read(subject.source, timeUnit, withRaw(line.text, ["zz"], '"new"'), line.recvTime);
  assert(sameEvents(added, meant), `${line.where}: a field more changes what the frame means: ${describe(added.decoded)}`);
  assert.equal(added.counts.unknownFields, 1, `${line.where}: a field more is not counted`);
}

/** The same value as another JSON type. */
function otherTypes(value: unknown): string[] {
  const text = JSON.stringify(value);
  switch (typeof value) {
    case "string":
      return [`[${text}]`, `{"value":${text}}`, "true", ...(/^-?\d+(\.\d+)?$/.test(value) ? [String(Number(value))] : [])];
    case "number":
    case "boolean":
      return [`"${value}"`, `[${value}]`, typeof value === "number" ? "true" : "1"];
    default:
      return ["7", '"text"', JSON.stringify(text), ...(Array.isArray(value) ? [`{"0":${text}}`] : ["[]"])];
  }
}

/** A whole element of a list of lists: a frame without it is another frame, not a damaged one. */
function isListItem(data: unknown, path: FieldPath): boolean {
  return Array.isArray(valueAt(data, path.slice(0, -1))) && Array.isArray(valueAt(data, path));
}

/** A payload on another stream, another symbol in the payload: also for a codec that knows the stream already. */
function checkNeighbours(subject: Subject, { timeUnit }: DataFixture, line: Line): void {
  const { source } = subject;
  const frame = JSON.parse(line.text);
  const { stream } = payloadOf(source, line.text);
  const symbol = eventsOf(subject, timeUnit, line)[0]!.symbol;
  const refused = (text: string, what: string) => {
    for (const seasoned of [[], [line.text]]) {
      const codec = new Codec(source, { timeUnit });
      for (const before of seasoned) codec.decode(before, line.recvTime);
      const decoded = codec.decode(text, line.recvTime);
      assert(decoded.kind === "bad", `${line.where}: ${what} it gives ${describe(decoded)}`);
    }
  };
  const others = source.channels.flatMap((channel) => [channel.stream({ symbol }), channel.stream({ symbol: "OTHERUSDT" })]);
  for (const other of others.filter((each) => each !== undefined && each !== stream)) {
    refused(JSON.stringify(frame).replace(JSON.stringify(stream), () => JSON.stringify(other)), `on ${other}`);
  }
  for (const path of fieldsOf(frame.data)) {
    if (valueAt(frame.data, path) !== symbol) continue;
    for (const wrong of ["OTHERUSDT", `${symbol}X`, symbol.slice(1)]) {
      refused(withRaw(line.text, path, JSON.stringify(wrong)), `with symbol ${wrong}`);
    }
  }
}

function truncated(subject: Subject): void {
  const property = fc.property(someLine(subject), fc.nat(), ([{ timeUnit }, line], at) => {
    const reading = read(subject.source, timeUnit, line.text.slice(0, at % line.text.length), line.recvTime);
    assert(isRefused(reading), describe(reading.decoded));
  });
  fc.assert(property, { seed: SEED, numRuns: 500 });
}

/** One to three characters changed: what still decodes says what a bare JSON.parse of the frame says. */
function flipped(subject: Subject): void {
  const flips = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...FLIPS)), { minLength: 1, maxLength: 3 });
  let decodedAnyway = 0;
  const property = fc.property(someLine(subject), flips, ([{ timeUnit }, line], changes) => {
    const chars = [...line.text];
    for (const [at, char] of changes) chars[at % chars.length] = char;
    const text = chars.join("");
    const reading = read(subject.source, timeUnit, text, line.recvTime);
    if (reading.decoded.kind !== "events") return;
    decodedAnyway++;
    const { stream, symbol, events } = reading.decoded;
    const topic = subject.dialect?.topicOf(stream);
    if (subject.dialect === undefined || topic === undefined) return;
    assert.equal(topic.symbol, symbol, text);
    const facts = subject.dialect.facts(topic, JSON.stringify(JSON.parse(text).data));
    const [event] = events as unknown as Record<string, unknown>[];
    for (const [column, value] of Object.entries(facts.fields)) {
      const field = column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      assert.deepEqual(event![field] ?? null, value, `${column} of ${text}`);
    }
    const unit = timeUnit === "ms" ? 1_000 : 1;
    assert.equal(event!["eventTime"] ?? null, facts.eventTime === null ? null : facts.eventTime * unit, text);
  });
  fc.assert(property, { seed: SEED, numRuns: 3_000 });
  assert(decodedAnyway > 100, `only ${decodedAnyway} damaged frames could still be read: the comparison above says little`);
}

function garbage(subject: Subject): void {
  const streams = subject.data.map(({ lines }) => payloadOf(subject.source, lines[0]!.text).stream);
  const texts = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.json(),
    fc.tuple(fc.constantFrom(...streams), fc.jsonValue()).map(([stream, data]) => JSON.stringify({ stream, data })),
    fc.dictionary(fc.constantFrom("stream", "data", "id", "result", "error", "code", "msg", "e", "arg", "channel"), fc.jsonValue())
      .map((value) => JSON.stringify(value)),
    fc.integer({ min: 1, max: 200_000 }).map((depth) => "[".repeat(depth)),
  );
  const property = fc.property(texts, (text) => {
    const { decoded } = read(subject.source, subject.source.timeUnit, text, 0);
    assert(decoded.kind !== "events", `${text.slice(0, 200)} gives ${describe(decoded)}`);
  });
  fc.assert(property, { seed: SEED, numRuns: 1_000 });
}

function someLine({ data }: Subject): fc.Arbitrary<[DataFixture, Line]> {
  return fc.constantFrom(...data.flatMap((fixture) => shortest(fixture.lines, 12).map((line): [DataFixture, Line] => [fixture, line])));
}

/** The shortest lines, and of the others those with a field that none before had: no field of a fixture is left out. */
function withEveryField({ source }: Subject, { lines }: DataFixture): Line[] {
  const seen = new Set<string>();
  return shortest(lines, lines.length).filter((line, i) => {
    const fields = fieldsOf(payloadOf(source, line.text).data).map((path) =>
      path.map((key) => typeof key === "number" ? "*" : key).join(".")
    );
    const isNew = fields.some((field) => !seen.has(field));
    for (const field of fields) seen.add(field);
    return isNew || i < 4;
  });
}

function shortest(lines: readonly Line[], count: number): Line[] {
  return [...lines].sort((a, b) => a.text.length - b.text.length).slice(0, count);
}

function isRefused({ decoded }: Reading): boolean {
  return decoded.kind === "bad";
}

function isCounted({ counts }: Reading): boolean {
  return counts.inexactDecimals + counts.timesOff + counts.unknownValues > 0;
}

function sameEvents({ decoded }: Reading, meant: readonly EventBase[]): boolean {
  try {
    assert.deepEqual(decoded.kind === "events" ? decoded.events : undefined, meant);
    return true;
  } catch {
    return false;
  }
}
