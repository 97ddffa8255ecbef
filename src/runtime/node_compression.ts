import { createHash } from "node:crypto";
import * as zlib from "node:zlib";
import { assert } from "../lib/assert.ts";
import type { Compression } from "./runtime.ts";
import { decoderStream } from "./decoder_stream.ts";
import { assertOneFrame, withContentSize, ZstdFrames } from "./zstd_frame.ts";

const ROOM_BYTES = 64;

export const nodeCompression: Compression = {
  zstd(bytes, level) {
    const params = { [zlib.constants.ZSTD_c_compressionLevel]: level, [zlib.constants.ZSTD_c_checksumFlag]: 1 };
    return withContentSize(onlyFrame(zlib.zstdCompressSync(bytes, { params })), bytes.length);
  },
  unzstd(bytes, length) {
    assertOneFrame(bytes, length);
    // Room for all of it at once, and a little more so that the decoder sees the
    // end without asking again: in pieces of the default 16 KB a page takes three to seven times as long.
    const content = zlib.zstdDecompressSync(bytes, { maxOutputLength: length + ROOM_BYTES, chunkSize: length + ROOM_BYTES });
    if (content.length !== length) throw new Error(`zstd frame gives ${content.length} bytes, not ${length}`);
    return content;
  },
  gunzip: (bytes) => zlib.gunzipSync(bytes),
  decoder: (format) => decoderStream(format),
  crc32: (bytes, previous = 0) => zlib.crc32(bytes, previous),
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
};

/** Deno's encoder ends a large output (from about half a megabyte of input) with a second, empty frame. */
function onlyFrame(encoded: Uint8Array): Uint8Array {
  const frames = new ZstdFrames();
  let end = 0;
  let isFirst = true;
  frames.push(encoded, (bytes, isLast) => {
    if (isFirst) end += bytes.length;
    if (isLast) isFirst = false;
  });
  if (end === encoded.length) return encoded;
  assert(zlib.zstdDecompressSync(encoded.subarray(end)).length === 0, "the zstd encoder split its input over several frames");
  return encoded.subarray(0, end);
}
