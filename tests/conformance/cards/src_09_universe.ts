import assert from "node:assert/strict";
import fc from "fast-check";
import { RestError } from "../../../src/lib/errors.ts";
import type { Instrument, Source } from "../../../src/exchanges/source.ts";
import type { Card } from "../card.ts";
import { SEED, type Subject } from "../subject.ts";

type Answers = Readonly<Record<string, unknown>>;

const DAMAGE = [null, 7, "text", [], {}, { symbol: null }, [[]]] as const;

export const universe: Card = {
  id: "SRC-09",
  promise: "the universe is read entry by entry: one bad entry is named and never sinks the rest",
  // Skip when: never. A source without `universe.json` among its fixtures has not shown that it can start.
  skip: () => undefined,
  async check(subject) {
    const fixture = subject.universe;
    assert(fixture !== undefined, `${subject.folder}: no universe.json`);
    const whole = await readUniverse(subject.source, fixture.answers);
    assert.deepEqual(asJson(whole.instruments), asJson(fixture.expected.instruments));
    assert.deepEqual(whole.refused, fixture.expected.refused);
    assert(whole.weights.every((weight) => weight > 0 && weight <= subject.source.limits.restWeightPerMinute));

    const entries = entriesOf(fixture.answers);
    const property = fc.asyncProperty(fc.nat(), fc.constantFrom(...DAMAGE), fc.nat(), async (at, damage, field) => {
      const index = at % entries.length;
      const answers = structuredClone(fixture.answers) as Answers;
      const list = entriesOf(answers);
      list[index] = damage === DAMAGE[0] ? withoutField(list[index], field) : damage;
      const found = await readUniverse(subject.source, answers);
      const rest = (instruments: readonly Instrument[], out: unknown) => asJson(instruments).filter((each) => !isOf(each, out));
      assert.deepEqual(rest(found.instruments, entries[index]), rest(whole.instruments, entries[index]));
    });
    await fc.assert(property, { seed: SEED, numRuns: 200 });
    await refusesNonsense(subject, Object.keys(fixture.answers));
  },
};

/** An answer that is no universe is a failure to try again, never an empty universe: that would end every path. */
async function refusesNonsense({ source }: Subject, paths: readonly string[]): Promise<void> {
  for (const answer of [null, {}, [], "text", { symbols: {} }, { code: -1003, msg: "Too much request weight used" }]) {
    const answers = Object.fromEntries(paths.map((path) => [path, answer]));
    const outcome = await readUniverse(source, answers).then(({ instruments }) => instruments.length, (error) => error);
    assert(outcome instanceof RestError || outcome === 0, `${JSON.stringify(answer)} gives ${String(outcome)}`);
    if (!Array.isArray(answer)) assert(outcome instanceof RestError, `${JSON.stringify(answer)} is taken for a universe`);
  }
}

async function readUniverse(source: Source, answers: Answers) {
  const refused: string[] = [];
  const weights: number[] = [];
  const get = (path: string, weight: number) => {
    weights.push(weight);
    return path in answers ? Promise.resolve(answers[path]) : Promise.reject(new RestError(`universe.json has no answer for ${path}`));
  };
  const instruments = await source.universe({ get }, (symbol, why) => {
    assert(symbol !== "" && why !== "");
    refused.push(symbol);
  });
  return { instruments, refused, weights };
}

/** The longest list in the answers: the symbols, under whatever name. */
function entriesOf(answers: unknown): unknown[] {
  let longest: unknown[] = [];
  const visit = (value: unknown) => {
    if (Array.isArray(value) && value.length > longest.length) longest = value;
    if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  visit(answers);
  return longest;
}

function withoutField(entry: unknown, field: number): unknown {
  const fields = typeof entry === "object" && entry !== null ? Object.entries(entry) : [];
  return Object.fromEntries(fields.filter((_, i) => i !== field % fields.length));
}

/** Does the instrument come from that entry? Its symbol is among the entry's values. */
function isOf(instrument: Partial<Instrument>, entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && Object.values(entry).includes(instrument.symbol);
}

function asJson(instruments: readonly Partial<Instrument>[]): Partial<Instrument>[] {
  return JSON.parse(JSON.stringify(instruments));
}
