import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { runtime } from "./support.ts";

const { compression } = runtime;
const SEED = 20_261_124;

function page(bytes: number): Uint8Array {
  return new Uint8Array(bytes).map((_, i) => (i * i) % 97 ^ (i >> 5));
}

describe("the runtime's compression", () => {
  it("RT39 a frame carries content size and checksum, and comes back whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.integer({ min: 1, max: 9 }), (bytes, level) => {
        const frame = compression.zstd(bytes, level);
        assert.ok((frame[4]! & 4) !== 0, "checksum bit");
        assert.ok((frame[4]! & 0x20) !== 0 || frame[4]! >> 6 !== 0, "content size");
        assert.deepEqual(Buffer.compare(compression.unzstd(frame, bytes.length), bytes), 0);
        assert.deepEqual(Buffer.compare(zlib.zstdDecompressSync(frame), bytes), 0);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it("RT39 a large page is one frame too", () => {
    for (const length of [131_072, 131_073, 1_000_000, 9_000_000]) {
      const bytes = new Uint8Array(length).map((_, i) => Math.imul(i, 2_654_435_761) >>> (i % 3 === 0 ? 13 : 25));
      const frame = compression.zstd(bytes, 3);
      assert.equal(Buffer.compare(compression.unzstd(frame, length), bytes), 0);
      assert.equal(Buffer.compare(zlib.zstdDecompressSync(frame), bytes), 0);
    }
  });

  it("RT39 no flipped bit gives other content, and every truncation and every byte after the frame is refused", () => {
    const content = page(2_000);
    const frame = compression.zstd(content, 3);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const flipped = frame.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(refusesOrEqual(flipped, content), `bit ${bit}`);
    }
    for (let length = 0; length < frame.length; length++) {
      assert.throws(() => compression.unzstd(frame.subarray(0, length), content.length));
    }
    for (const tail of [Buffer.from([0]), Buffer.from("garbage bytes"), frame]) {
      assert.throws(() => compression.unzstd(Buffer.concat([frame, tail]), content.length));
    }
    for (const length of [0, content.length - 1, content.length + 1]) assert.throws(() => compression.unzstd(frame, length));
  });

  it("RT39 pin: the raw decoder accepts a truncated frame", () => {
    const frame = compression.zstd(page(2_000), 3);
    zlib.zstdDecompressSync(frame.subarray(0, frame.length - 1));
  });

  for (const format of ["gzip", "zstd"] as const) {
    const compress = (bytes: Uint8Array): Uint8Array => format === "gzip" ? zlib.gzipSync(bytes) : compression.zstd(bytes, 3);

    it(`a ${format} stream of several members, cut anywhere, comes back whole`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 4 }),
          fc.integer({ min: 1, max: 200 }),
          async (parts, cut) => {
            const packed = Buffer.concat(parts.map(compress));
            assert.equal(Buffer.compare(await decoded(format, packed, cut), Buffer.concat(parts)), 0);
          },
        ),
        { seed: SEED, numRuns: 60 },
      );
    });

    it(`a ${format} stream that ends inside a member is an error`, async () => {
      const packed = Buffer.from(compress(page(5_000)));
      for (const length of [1, 5, packed.length >> 1, packed.length - 1]) {
        await assert.rejects(decoded(format, packed.subarray(0, length), 64), `${length} bytes`);
      }
    });

    it(`a ${format} reader that stops is not written to without end`, async () => {
      const packed = Buffer.concat(Array.from({ length: 200 }, () => compress(page(100_000))));
      let taken = 0;
      const reader = source(packed, 1_000, (bytes) => taken += bytes).pipeThrough(compression.decoder(format)).getReader();
      await reader.read();
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(taken < packed.length / 4, `${taken} of ${packed.length}`);
      await reader.cancel();
    });
  }

  it("crc32 and sha256 are the well-known ones", () => {
    const bytes = new TextEncoder().encode("123456789");
    assert.equal(compression.crc32(bytes), 0xcbf43926);
    assert.equal(compression.sha256(bytes), "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    assert.equal(new TextDecoder().decode(compression.gunzip(zlib.gzipSync(bytes))), "123456789");
  });
});

/** Refuses the frame, or gives the very content: some bits of a block are reserved, and older decoders do not look at them. */
function refusesOrEqual(frame: Uint8Array, content: Uint8Array): boolean {
  try {
    return Buffer.compare(compression.unzstd(frame, content.length), content) === 0;
  } catch {
    return true;
  }
}

function source(bytes: Uint8Array, cut: number, taken: (bytes: number) => void = () => {}): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + cut)));
      at += cut;
      taken(cut);
    },
  }, { highWaterMark: 0 });
}

async function decoded(format: "gzip" | "zstd", bytes: Uint8Array, cut: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source(bytes, cut).pipeThrough(compression.decoder(format))) chunks.push(chunk);
  return Buffer.concat(chunks);
}
