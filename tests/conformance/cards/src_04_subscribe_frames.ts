import assert from "node:assert/strict";
import fc from "fast-check";
import type { ControlFrame } from "../../../src/exchanges/source.ts";
import type { Card } from "../card.ts";
import { SEED, type Subject, SYMBOL_CHARS } from "../subject.ts";

const STREAMS_MAX = 5_000;

export const subscribeFrames: Card = {
  id: "SRC-04",
  promise: "subscribe and unsubscribe frames keep the venue's size, count their ids up, and name every stream once",
  // Skip when: never.
  skip: () => undefined,
  check(subject) {
    const property = fc.property(
      fc.oneof(fc.constantFrom(0, 1, 2, STREAMS_MAX), fc.integer({ min: 1, max: STREAMS_MAX })),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.string({ unit: fc.constantFrom(...SYMBOL_CHARS), maxLength: 40 }),
      (count, firstId, tail) => {
        const streams = streamsOf(subject, count, tail);
        checkFrames(subject, streams, firstId, subject.source.subscribe(streams, firstId), "subscribe");
        checkFrames(subject, streams, firstId, subject.source.unsubscribe(streams, firstId), "unsubscribe");
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 25 });
  },
};

function streamsOf({ source }: Subject, count: number, tail: string): string[] {
  const streams: string[] = [];
  for (let i = 0; streams.length < count; i++) {
    for (const channel of source.channels) {
      const stream = channel.stream({ symbol: `S${i}${tail}` });
      if (stream !== undefined && streams.length < count) streams.push(stream);
    }
  }
  return streams;
}

function checkFrames(
  { source, dialect }: Subject,
  streams: readonly string[],
  firstId: number,
  frames: readonly ControlFrame[],
  does: "subscribe" | "unsubscribe",
): void {
  assert.deepEqual(frames.flatMap((frame) => frame.streams), streams);
  frames.forEach((frame, i) => {
    const bytes = new TextEncoder().encode(frame.text).length;
    assert(bytes <= source.limits.frameBytesMax, `${bytes} bytes, allowed are ${source.limits.frameBytesMax}`);
    assert(frame.streams.length > 0);
    assert.equal(frame.id, firstId + i);
    if (dialect === undefined) return;
    // The venue understands it: the same streams, and an answer with the frame's id that is an acknowledgement.
    assert(bytes <= dialect.limits.controlBytesMax);
    const control = dialect.control(frame.text, { streams: new Set(), isCombined: true, timeUnit: source.timeUnit });
    assert.deepEqual(control[does], frame.streams);
    assert.deepEqual(source.classify(control.reply), { kind: "ack", id: frame.id });
  });
  // Few frames, because a venue counts them: no two neighbours would have fitted into one.
  for (let i = 1; i < frames.length; i++) {
    const both = new TextEncoder().encode(frames[i - 1]!.text + frames[i]!.text).length;
    assert(both > source.limits.frameBytesMax / 2, `frames ${i} and ${i + 1} of ${frames.length} have ${both} bytes together`);
  }
}
