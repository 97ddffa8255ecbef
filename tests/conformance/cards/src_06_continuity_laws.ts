import assert from "node:assert/strict";
import fc from "fast-check";
import type { SequenceKey } from "../../../src/events/event_type.ts";
import type { Card } from "../card.ts";
import { type AnyChannel, eventsOf, SEED, type Subject } from "../subject.ts";

/** Cuts of an interval of ids into windows. */
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 40 });
const starts = fc.integer({ min: 0, max: 2 ** 52 });

export const continuityLaws: Card = {
  id: "SRC-06",
  promise: "the continuity rule calls a chain next, a repetition duplicate and a missing link a gap, however the chain is cut",
  // Skip when: no channel can prove a gap (its ids only rise).
  skip: ({ source }) => source.channels.some(({ continuity }) => continuity !== undefined) ? undefined : "no channel has a continuity rule",
  check(subject) {
    for (const channel of subject.source.channels) {
      const rule = channel.continuity?.bind(channel);
      if (rule === undefined) continue;
      const isPoint = keysOf(subject, channel).every(([first, last]) => first === last);
      const property = fc.property(starts, cuts, cuts, fc.nat(), (start, lengths, others, pick) => {
        const chain = isPoint ? windows(start, lengths.map(() => 1)) : windows(start, lengths);
        chain.forEach((key, i) => {
          assert.equal(rule(key, key), "duplicate", "a window repeats itself");
          if (i === 0) return;
          assert.equal(rule(chain[i - 1]!, key), "next");
          assert.equal(rule(key, chain[i - 1]!), "duplicate", "an old window adds nothing");
          if (i > 1) assert.equal(rule(chain[i - 2]!, key), "gap", "a window was left out");
        });
        if (isPoint) return;
        // Two sockets cut the same ids differently: taken by their beginning, they cover everything without a gap.
        const merged = [...chain, ...windows(start, others)].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        let position = merged[0]!;
        for (const key of merged.slice(1)) {
          const follows = rule(position, key);
          if (key[0] <= position[1] + 1) assert.equal(follows, key[1] <= position[1] ? "duplicate" : "next");
          if (follows === "next") position = key;
        }
        assert.equal(position[1], Math.max(...merged.map(([, last]) => last)));
        // A window that begins in what we have and ends beyond it adds something.
        const [first, last] = chain[pick % chain.length]!;
        assert.equal(rule([first, last], [last, last + 1]), "next");
      });
      fc.assert(property, { seed: SEED, numRuns: 300 });
      holdsInCaptures(subject, channel, rule);
    }
  },
};

function windows(start: number, lengths: readonly number[]): SequenceKey[] {
  const keys: SequenceKey[] = [];
  let first = start;
  for (const length of lengths) {
    keys.push([first, first + length - 1]);
    first += length;
  }
  return keys;
}

function keysOf(subject: Subject, channel: AnyChannel): SequenceKey[] {
  const fixtures = subject.data.filter(({ type }) => type === channel.event.name);
  const events = fixtures.flatMap(({ timeUnit, lines }) => lines.flatMap((line) => eventsOf(subject, timeUnit, line)));
  return events.map((event) =>
    channel.event.sequenceKey(event) ?? assert.fail(`${channel.event.name} without a key has a continuity rule`)
  );
}

/** The longest file of a channel is an unbroken excerpt. */
function holdsInCaptures(subject: Subject, channel: AnyChannel, rule: NonNullable<AnyChannel["continuity"]>): void {
  const fixtures = subject.data.filter(({ type }) => type === channel.event.name).sort((a, b) => b.lines.length - a.lines.length);
  const { timeUnit, lines } = fixtures[0]!;
  const keys = lines.flatMap((line) => eventsOf(subject, timeUnit, line)).map((event) => channel.event.sequenceKey(event)!);
  keys.forEach((key, i) => i > 0 && assert.equal(rule(keys[i - 1]!, key), "next", `${channel.event.name}: ${keys[i - 1]} then ${key}`));
}
