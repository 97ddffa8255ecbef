import { dateOf, US_PER_DAY } from "../../lib/time.ts";
import { fileEnd, lastWholeEnd, type StorageWorld } from "../storage/day_file.ts";
import { chunkPath, dayFilePath } from "../storage/paths.ts";
import type { Watermark } from "../storage/watermark.ts";
import type { KnownChunk, Place } from "./journal_index.ts";

/** Where rows of the journal are already. */
export class Coverage {
  readonly #world: StorageWorld;
  readonly #dataPath: string;
  readonly #watermarks = new Map<string, Watermark | undefined>();

  constructor(world: StorageWorld, dataPath: string) {
    this.#world = world;
    this.#dataPath = dataPath;
  }

  /**
   * A chunk file is removed only when its day file is synced: one that is still there has yet to be merged, or merged again, and one that is
   * not and stands in the watermark is safe.
   */
  of(chunk: KnownChunk): Place {
    const file = chunkPath(this.#dataPath, chunk);
    if (this.#world.disk.exists(file) && this.#watermarkOf(file)?.has(chunk.hash, chunk.chunk)) return "chunk";
    for (let time = chunk.toTime; dateOf(time) >= dateOf(chunk.fromTime); time -= US_PER_DAY) {
      if (this.#dayWatermark(dayFilePath(this.#dataPath, chunk.path, dateOf(time)))?.has(chunk.hash, chunk.chunk)) return "day file";
    }
    return "journal";
  }

  #dayWatermark(path: string): Watermark | undefined {
    if (!this.#watermarks.has(path)) this.#watermarks.set(path, this.#world.disk.exists(path) ? this.#watermarkOf(path, true) : undefined);
    return this.#watermarks.get(path);
  }

  /** Of a day file also behind a torn end, which the next merge cuts off. */
  #watermarkOf(path: string, isMended = false): Watermark | undefined {
    const file = this.#world.disk.open(path, "read");
    try {
      const end = fileEnd(this.#world, file, file.size()) ?? (isMended ? lastWholeEnd(this.#world, file, file.size())?.end : undefined);
      return end?.watermark;
    } finally {
      file.close();
    }
  }
}
