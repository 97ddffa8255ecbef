import type { Compression } from "./runtime.ts";
import { nodeCompression } from "./node_compression.ts";
import { assertOneFrame, withChecksum, withContentSize, zstdHeader } from "./zstd_frame.ts";

/**
 * Bun's own zstd: `node:zlib` makes a context a call, which costs more than a small page. It cannot be told to add the content's checksum
 * (the low half of XXH64), so that is added here.
 */
export const bunCompression: Compression = {
  ...nodeCompression,
  zstd(bytes, level) {
    const frame = withContentSize(Bun.zstdCompressSync(bytes, { level }), bytes.length);
    return withChecksum(frame, Number(Bun.hash.xxHash64(bytes) & 0xffff_ffffn));
  },
  unzstd(bytes, length) {
    if (zstdHeader(bytes)?.contentBytes === undefined) return nodeCompression.unzstd(bytes, length); // which keeps it from growing beyond that
    assertOneFrame(bytes, length);
    const content = Bun.zstdDecompressSync(bytes);
    if (content.length !== length) throw new Error(`zstd frame gives ${content.length} bytes, not ${length}`);
    return content;
  },
};
