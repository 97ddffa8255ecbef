import { ConfigError, StorageError } from "../../lib/errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";

export interface CaptureLine {
  /** µs since the epoch. */
  readonly recvTime: number;
  readonly text: string;
}

/** Lines of a recording, `<receive time in ns> <frame>`, plain, .gz or .zst, a chunk of the file at a time. Memory is one chunk's. */
export async function* captureLines(runtime: Runtime, path: string): AsyncGenerator<CaptureLine[]> {
  const format = path.endsWith(".gz") ? "gzip" : path.endsWith(".zst") ? "zstd" : undefined;
  const file = runtime.disk.stream(path);
  const bytes = format === undefined ? file : file.pipeThrough(runtime.compression.decoder(format));
  const decoder = new TextDecoder();
  const reader = bytes.getReader();
  const next = async () => {
    try {
      return await reader.read();
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      throw new ConfigError(
        "capture",
        `${path} is no whole ${format} file${number === 0 ? "" : `: it breaks off after line ${number}`}.`,
      );
    }
  };
  let number = 0;
  let tail = "";
  const parse = (line: string) => {
    number++;
    return line === "" ? [] : [lineOf(line, path, number)];
  };
  try {
    for (;;) {
      const { done, value } = await next();
      if (done) break;
      const lines = (tail + decoder.decode(value, { stream: true })).split("\n");
      tail = lines.pop()!;
      yield lines.flatMap(parse);
    }
    if (tail !== "") yield parse(tail);
  } finally {
    await reader.cancel().catch(() => {}); // what broke is told by the read that met it
  }
}

function lineOf(line: string, path: string, number: number): CaptureLine {
  const at = line.indexOf(" ");
  const stamp = line.slice(0, at);
  if (!/^\d{16,20}$/.test(stamp)) {
    throw new ConfigError(
      "capture",
      `${path}, line ${number} is no "<receive time in ns> <frame>": it begins with ${JSON.stringify(line.slice(0, 40))}.`,
    );
  }
  return { recvTime: Number(stamp.slice(0, -3)), text: line.slice(at + 1).trimEnd() };
}

/** Lines of several recordings by their receive time; equal times in the order of the files. */
export async function* mergedLines(runtime: Runtime, paths: readonly string[]): AsyncGenerator<CaptureLine[]> {
  const cursors = await Promise.all(paths.map(async (path) => await Cursor.open(captureLines(runtime, path))));
  try {
    for (;;) {
      const lines: CaptureLine[] = [];
      for (;;) {
        const next = earliest(cursors);
        if (next === undefined) break;
        lines.push(next.take());
        if (next.isAtEndOfChunk) {
          await next.read();
          break;
        }
      }
      if (lines.length === 0) return;
      yield lines;
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

function earliest(cursors: readonly Cursor[]): Cursor | undefined {
  let best: Cursor | undefined;
  for (const cursor of cursors) if (cursor.time < (best?.time ?? Infinity)) best = cursor;
  return best;
}

/** A place in one recording. */
class Cursor {
  readonly #chunks: AsyncGenerator<CaptureLine[]>;
  #lines: CaptureLine[] = [];
  #at = 0;

  private constructor(chunks: AsyncGenerator<CaptureLine[]>) {
    this.#chunks = chunks;
  }

  static async open(chunks: AsyncGenerator<CaptureLine[]>): Promise<Cursor> {
    const cursor = new Cursor(chunks);
    await cursor.read();
    return cursor;
  }

  get time(): number {
    return this.#lines[this.#at]?.recvTime ?? Infinity;
  }

  get isAtEndOfChunk(): boolean {
    return this.#at === this.#lines.length;
  }

  take(): CaptureLine {
    return this.#lines[this.#at++]!;
  }

  /** The next chunk that has a line. */
  async read(): Promise<void> {
    this.#at = 0;
    for (;;) {
      const { done, value } = await this.#chunks.next();
      this.#lines = done ? [] : value;
      if (done || this.#lines.length > 0) return;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }
}
