import assert from "node:assert/strict";
import fc from "fast-check";
import * as v from "valibot";
import type { Card } from "../card.ts";
import { payloadOf, SEED, SYMBOL_CHARS } from "../subject.ts";

const symbols = fc.string({ unit: fc.constantFrom(...SYMBOL_CHARS), minLength: 1, maxLength: 12 });

export const namesRoundTrip: Card = {
  id: "SRC-03",
  promise: "a stream name leads to its channel and its symbol and to no other, beyond ASCII too",
  // Skip when: never.
  skip: () => undefined,
  check({ source, dialect, data, universe }) {
    const listed = (universe?.expected.instruments ?? []).map(({ symbol }) => symbol!);
    const one = (symbol: string) => {
      for (const channel of source.channels) {
        const stream = channel.stream({ symbol });
        if (stream === undefined) continue;
        assert.deepEqual(source.channels.filter((each) => each.matches(stream)), [channel], stream);
        assert.equal(source.channelOf(stream), channel, stream);
        const topic = dialect?.topicOf(stream);
        if (topic === undefined) continue;
        assert.deepEqual(topic, { type: channel.event.name, symbol }, stream);
        assert.equal(dialect!.streamOf(topic), stream);
      }
    };
    listed.forEach(one);
    fc.assert(fc.property(symbols, one), { seed: SEED, numRuns: 500 });
    const apart = fc.property(symbols, symbols, (a, b) => {
      const names = source.channels.flatMap((channel) => [a, b].map((symbol) => channel.stream({ symbol }))).filter((name) =>
        name !== undefined
      );
      assert.equal(new Set(names).size, a === b ? names.length / 2 : names.length, `${a} and ${b} share a stream`);
    });
    fc.assert(apart, { seed: SEED, numRuns: 500 });
    for (const { lines } of data) {
      for (const { text, where } of lines) {
        const { stream, data: payload } = payloadOf(source, text);
        const channel = source.channelOf(stream)!;
        const symbol = channel.symbolOf(v.parse(channel.raw, payload), stream);
        assert.equal(channel.stream({ symbol }), stream, where);
      }
    }
    for (const stream of ["", "@", "nothing", "btcusdt", "btcusdt@nothing"]) assert.equal(source.channelOf(stream), undefined, stream);
  },
};
