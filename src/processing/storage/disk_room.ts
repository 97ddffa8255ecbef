import { StorageError } from "../../lib/errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { StorageNews } from "./storage_messages.ts";

const MB = 1024 ** 2;
/** The last of the disk is the journal's, so that what was received can still be kept and the recorder can end in order. */
export const FREE_MIN = { merge: 128 * MB, seal: 64 * MB };
const LOOK_EVERY_MS = 1_000; // a disk does not fill in a second; a thousand merges do fit into one

/** Keeps merging, and then sealing, from taking what is left of a disk. Both go on by themselves when there is room again. */
export class DiskRoom {
  readonly #runtime: Pick<Runtime, "disk" | "clock">;
  readonly #dataPath: string;
  readonly #tell: (news: StorageNews) => void;
  #freeBytes = Infinity;
  #lookedAtMs = -Infinity;
  #isPaused = false;

  constructor(runtime: Pick<Runtime, "disk" | "clock">, dataPath: string, tell: (news: StorageNews) => void) {
    this.#runtime = runtime;
    this.#dataPath = dataPath;
    this.#tell = tell;
  }

  /** Throws StorageError where there is too little room for that. */
  require(what: keyof typeof FREE_MIN, path: string): void {
    this.#look();
    if (this.#freeBytes >= FREE_MIN[what]) return;
    const hint = `The disk has ${Math.floor(this.#freeBytes / MB)} MB free, needs ${FREE_MIN[what] / MB} MB: free space or set data_path.`;
    throw new StorageError({ op: what, path, code: "ENOSPC", hint });
  }

  get canMerge(): boolean {
    this.#look();
    return !this.#isPaused;
  }

  #look(): void {
    const { disk, clock } = this.#runtime;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    try {
      this.#freeBytes = disk.freeBytes(this.#dataPath);
    } catch (error) {
      if (error instanceof StorageError) return; // what was known still holds; the next write finds out for itself
      throw error;
    }
    const isShort = this.#freeBytes < FREE_MIN.merge;
    if (isShort === this.#isPaused) return;
    this.#isPaused = isShort;
    this.#tell(isShort ? { what: "merges_paused", freeBytes: this.#freeBytes } : { what: "merges_resumed" });
  }
}
