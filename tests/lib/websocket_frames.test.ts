import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { closePayload, type Frame, frameBytes, FrameParser, OPCODE, ProtocolError, textFrames } from "../../src/lib/websocket_frames.ts";

const SEED = 20261124;

/** The bytes cut at the given places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return places.slice(1).map((end, i) => bytes.slice(places[i]!, end));
}

function joined(all: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(all));
}

test("frames of any size, masked or not, come out as they went in, however the bytes are cut", () => {
  const frame = fc.record({
    opcode: fc.constantFrom(0, 1, 2),
    isFinal: fc.boolean(),
    length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000)),
    fill: fc.nat(255),
  });
  const property = fc.property(
    fc.array(frame, { maxLength: 6 }),
    fc.boolean(),
    fc.array(fc.nat(), { maxLength: 12 }),
    (frames, isMasked, cuts) => {
      const sent = frames.map(({ opcode, isFinal, length, fill }) => ({
        opcode,
        isFinal,
        payload: Uint8Array.from({ length }, (_, i) => (i * 7 + fill) & 255),
      }));
      const mask = isMasked ? { mask: Uint8Array.of(9, 200, 0, 31) } : {};
      const bytes = joined(sent.map(({ opcode, isFinal, payload }) => frameBytes(opcode, payload, { isFinal, ...mask })));
      const parser = new FrameParser({ payloadBytesMax: 100_000, isMasked });
      const heard: Frame[] = [];
      for (const piece of pieces(bytes, cuts)) parser.push(piece, (each) => heard.push(each));
      assert.deepEqual(heard, sent);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 200 });
});

test("what no client may send ends with the code that says why", () => {
  const mask = Uint8Array.of(1, 2, 3, 4);
  const cases: [name: string, bytes: Uint8Array, code: number][] = [
    ["not masked", frameBytes(1, Uint8Array.of(1)), 1002],
    ["a reserved bit", frameBytes(0x41, Uint8Array.of(1), { mask }), 1002],
    ["an unknown opcode", frameBytes(3, Uint8Array.of(1), { mask }), 1002],
    ["a ping in pieces", frameBytes(9, Uint8Array.of(1), { mask, isFinal: false }), 1002],
    ["a long ping", frameBytes(9, new Uint8Array(126), { mask }), 1002],
    ["too big", frameBytes(1, new Uint8Array(1_001), { mask }), 1009],
  ];
  for (const [name, bytes, code] of cases) {
    const parser = new FrameParser({ payloadBytesMax: 1_000, isMasked: true });
    const refused = (error: unknown) => error instanceof ProtocolError && error.code === code;
    assert.throws(() => parser.push(bytes, () => {}), refused, name);
  }
});

test("a close reason longer than a control frame is cut", () => {
  assert.equal(closePayload(1008, "x".repeat(500)).length, 125);
});

test("many texts in one piece are the frames of each", () => {
  const lengths = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom(124, 125, 126, 127, 65_534, 65_535, 65_536).chain((length) =>
      fc.constantFrom("a", "é", "币").map((letter) => letter.repeat(length))
    ),
  );
  fc.assert(
    fc.property(fc.array(lengths, { maxLength: 5 }), (texts) => {
      const frames = texts.map((text) => frameBytes(OPCODE.text, new TextEncoder().encode(text)));
      assert.ok(Buffer.from(textFrames(texts.map((text) => new TextEncoder().encode(text)))).equals(Buffer.concat(frames)));
    }),
    { seed: SEED, numRuns: 60 },
  );
});
