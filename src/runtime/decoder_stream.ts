import * as zlib from "node:zlib";
import { ZstdFrames } from "./zstd_frame.ts";

const CHUNKS_QUEUED_MAX = 4; // 16–128 KiB each; enough to keep the reader busy while the next is inflated

/** Inflates concatenated gzip members or zstd frames; an input that ends inside one is an error. Backpressure reaches the writer. */
export function decoderStream(format: "gzip" | "zstd"): TransformStream<Uint8Array, Uint8Array> {
  let output!: ReadableStreamDefaultController<Uint8Array>;
  let wake = () => {};
  let isCancelled = false;
  const member = format === "gzip" ? new Member(zlib.createGunzip(), put) : undefined;
  const frames = new FrameDecoder(put);

  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => void (output = controller),
    pull: () => wake(),
    cancel: () => {
      isCancelled = true;
      wake();
    },
  }, { highWaterMark: CHUNKS_QUEUED_MAX });

  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => guarded(member === undefined ? frames.write(chunk) : member.write(chunk)),
    close: () => guarded((member === undefined ? frames.end() : member.end()).then(() => isCancelled ? undefined : output.close())),
    abort: (reason) => {
      if (!isCancelled) output.error(reason);
    },
  });
  return { readable, writable };

  async function guarded(step: Promise<void>): Promise<void> {
    try {
      await step;
      while (!isCancelled && (output.desiredSize ?? 0) < 0) await new Promise<void>((resolve) => wake = resolve);
    } catch (error) {
      if (!isCancelled) output.error(error);
      throw error;
    }
  }

  function put(chunk: Uint8Array): void {
    if (!isCancelled) output.enqueue(chunk);
  }
}

/** One node decoder as two promises. Each write waits for its own output, so that memory stays at one chunk's expansion. */
class Member {
  readonly #stream: zlib.Gunzip | zlib.ZstdDecompress;
  readonly #failed: Promise<never>;

  constructor(stream: zlib.Gunzip | zlib.ZstdDecompress, put: (chunk: Uint8Array) => void) {
    this.#stream = stream;
    this.#failed = new Promise((_, reject) => stream.once("error", reject));
    this.#failed.catch(() => {}); // heard through the race of the next write or end
    stream.on("data", put);
  }

  write(chunk: Uint8Array): Promise<void> {
    return Promise.race([this.#failed, new Promise<void>((resolve) => this.#stream.write(chunk, () => resolve()))]);
  }

  end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#stream.once("end", resolve));
    this.#stream.end();
    return Promise.race([this.#failed, ended]);
  }
}

/** A decoder for each frame, because Deno's ignores what follows the first. */
class FrameDecoder {
  readonly #put: (chunk: Uint8Array) => void;
  readonly #frames = new ZstdFrames();
  #member: Member | undefined;

  constructor(put: (chunk: Uint8Array) => void) {
    this.#put = put;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const pieces: { bytes: Uint8Array; isLast: boolean }[] = [];
    this.#frames.push(chunk, (bytes, isLast) => pieces.push({ bytes, isLast }));
    for (const run of runsOf(pieces)) {
      this.#member ??= new Member(zlib.createZstdDecompress(), this.#put);
      await this.#member.write(run.bytes);
      if (!run.isLast) continue;
      await this.#member.end();
      this.#member = undefined;
    }
  }

  end(): Promise<void> {
    return this.#frames.isWhole() ? Promise.resolve() : Promise.reject(new Error("zstd stream ends inside a frame"));
  }
}

/** Joins a frame's pieces: a write a block costs more than the copy. */
function runsOf(pieces: readonly { bytes: Uint8Array; isLast: boolean }[]): { bytes: Uint8Array; isLast: boolean }[] {
  const runs: { bytes: Uint8Array; isLast: boolean }[] = [];
  let held: Uint8Array[] = [];
  for (const { bytes, isLast } of pieces) {
    held.push(bytes);
    if (isLast) flush(true);
  }
  if (held.length > 0) flush(false);
  return runs;

  function flush(isLast: boolean): void {
    const all = new Uint8Array(held.reduce((sum, bytes) => sum + bytes.length, 0));
    let at = 0;
    for (const bytes of held) {
      all.set(bytes, at);
      at += bytes.length;
    }
    held = [];
    runs.push({ bytes: all, isLast });
  }
}
