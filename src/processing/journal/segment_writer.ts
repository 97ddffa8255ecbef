import { StorageError } from "../../lib/errors.ts";
import type { Compression, Disk, DiskFile } from "../../runtime/runtime.ts";
import { createFile } from "../storage/files.ts";
import { tmpFolder } from "../storage/paths.ts";
import { concatBytes } from "../../lib/bytes.ts";
import { sealRecord } from "./record.ts";
import { journalFolder, segmentIdOf, segmentName } from "./segment.ts";
import { SegmentLedger } from "./segment_ledger.ts";

export interface SegmentOptions {
  readonly dataPath: string;
  readonly hash: string;
  readonly segmentBytesMax?: number;
}

interface Entry {
  readonly record: Uint8Array<ArrayBuffer>;
  /** Those its rows belong to, less those that are merged meanwhile. */
  chunks: readonly string[];
}

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Records into segments, made durable by `sync`. Until then they are kept here as well: a file whose sync failed is never believed again,
 * and what it may lack is written into another one. `write` and `sync` throw StorageError and may be called again: nothing is lost by it.
 */
export class SegmentWriter {
  readonly #disk: Disk;
  readonly #compression: Compression;
  readonly #options: SegmentOptions;
  readonly #folder: string;
  readonly #ledger = new SegmentLedger();
  #number: number;
  #file: DiskFile | undefined;
  #sequence = 0;
  /** Something in the file is durable, its name too. */
  #isDurable = false;
  #hasSyncedAbove = false;
  /** Not yet in the file, and in it but not yet durable. */
  #waiting: Entry[] = [];
  #unsynced: Entry[] = [];

  constructor({ disk, compression }: { readonly disk: Disk; readonly compression: Compression }, options: SegmentOptions) {
    this.#disk = disk;
    this.#compression = compression;
    this.#options = options;
    this.#folder = journalFolder(options.dataPath);
    this.#number = Math.max(0, ...this.#own().map((name) => segmentIdOf(name)!.number));
  }

  /** Records that are not durable. */
  get pendingBytes(): number {
    return bytesOf(this.#unsynced) + bytesOf(this.#waiting);
  }

  /** `chunks` keep the record's segment until each of them is merged. */
  add(record: Uint8Array<ArrayBuffer>, chunks: readonly string[]): void {
    this.#waiting.push({ record, chunks });
  }

  /** Writes what waits. It survives the death of the process then. */
  write(): void {
    if (this.#waiting.length === 0) return;
    const file = this.#file ?? this.#begin();
    this.#waiting.forEach(({ record }, i) => sealRecord(this.#compression, record, this.#sequence + i));
    try {
      file.append(concatBytes(this.#waiting.map(({ record }) => record)));
    } catch (error) {
      // A full disk may have room again; what any other failure did to this file nobody knows.
      if (!(error instanceof StorageError) || !isFull(error)) this.#abandon();
      throw error;
    }
    const name = this.#name();
    for (const { chunks } of this.#waiting) for (const chunk of chunks) this.#ledger.needs(name, chunk);
    this.#sequence += this.#waiting.length;
    this.#unsynced.push(...this.#waiting);
    this.#waiting = [];
  }

  /** Writes what waits and makes it durable. It survives a power cut then. */
  sync(): void {
    this.write();
    const file = this.#file;
    if (file === undefined || this.#unsynced.length === 0) return;
    try {
      if (!this.#disk.exists(file.path)) {
        throw new StorageError({ op: "sync", path: file.path, code: "ENOENT", hint: "Somebody deleted it." });
      }
      file.sync();
      if (!this.#isDurable) this.#syncName();
    } catch (error) {
      this.#abandon();
      throw error;
    }
    this.#isDurable = true;
    this.#unsynced = [];
    if (file.size() >= (this.#options.segmentBytesMax ?? SEGMENT_BYTES_MAX)) this.#end();
  }

  /** Those chunks are in day files, durably. Segments that hold nothing else are removed. */
  merged(chunks: Iterable<string>): void {
    const gone = new Set(chunks);
    for (const chunk of gone) this.#ledger.merged(chunk);
    for (const entry of [...this.#waiting, ...this.#unsynced]) entry.chunks = entry.chunks.filter((chunk) => !gone.has(chunk));
    for (const segment of this.#ledger.spare()) {
      if (this.#file !== undefined && segment === this.#name()) continue;
      this.#disk.remove(`${this.#folder}/${segment}`);
      this.#ledger.forget(segment);
    }
  }

  /** Everything of this generation is in day files: no segment of it is needed any more. */
  removeAll(): void {
    this.#waiting = [];
    this.#unsynced = [];
    this.#end();
    for (const name of this.#own()) this.#disk.remove(`${this.#folder}/${name}`);
  }

  #own(): string[] {
    return this.#disk.list(this.#folder).map(({ name }) => name).filter((name) => segmentIdOf(name)?.hash === this.#options.hash);
  }

  #begin(): DiskFile {
    this.#number++;
    this.#sequence = 0;
    this.#isDurable = false;
    return this.#file = createFile(this.#disk, `${this.#folder}/${this.#name()}`);
  }

  /** Also the folders above: whoever made them may have been killed before they were durable. */
  #syncName(): void {
    const { dataPath } = this.#options;
    for (const folder of this.#hasSyncedAbove ? [this.#folder] : [this.#folder, tmpFolder(dataPath), dataPath]) {
      this.#disk.syncFolder(folder);
    }
    this.#hasSyncedAbove = true;
  }

  #end(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }

  /** What is durable in it stays; the rest is written again, elsewhere. */
  #abandon(): void {
    const path = this.#file?.path;
    this.#waiting = [...this.#unsynced, ...this.#waiting];
    this.#unsynced = [];
    try {
      this.#end();
      if (!this.#isDurable && path !== undefined) this.#disk.remove(path);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error; // its torn end is still there: readers know torn ends
    }
  }

  #name(): string {
    return segmentName({ hash: this.#options.hash, number: this.#number });
  }
}

export function isFull({ code }: { readonly code: string }): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { record }) => sum + record.length, 0);
}
