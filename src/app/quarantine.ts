import { dateOf, isoOf } from "../lib/time.ts";
import type { KeepFrame } from "../network/worker.ts";
import type { Disk, DiskFile } from "../runtime/runtime.ts";

const FOLDER_BYTES_MAX = 64 * 1024 * 1024; // a venue that changes its format must not fill the disk

/**
 * Frames that could not be read, or not exactly, as JSON lines under `{data_path}/tmp/quarantine/{source}/{date}.ndjson`. Bounded: beyond
 * the limit frames are counted only. A disk that refuses costs the frame here, never the stream.
 */
export class Quarantine implements Disposable {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #failed: (error: unknown) => void;
  readonly #files = new Map<string, DiskFile>();
  #bytes = 0;
  kept = 0;
  dropped = 0;

  constructor(disk: Disk, dataPath: string, failed: (error: unknown) => void) {
    this.#disk = disk;
    this.#folder = `${dataPath}/tmp/quarantine`;
    this.#failed = failed;
  }

  readonly keep: KeepFrame = ({ source, reason, recvTime, text }) => {
    const line = new TextEncoder().encode(`${JSON.stringify({ recv_time: isoOf(recvTime), source, reason, frame: text })}\n`);
    if (this.#bytes + line.length > FOLDER_BYTES_MAX) {
      this.dropped++;
      return;
    }
    try {
      this.#fileOf(source, dateOf(recvTime)).append(line);
      this.#bytes += line.length;
      this.kept++;
    } catch (error) {
      this.dropped++;
      this.#failed(error);
    }
  };

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #fileOf(source: string, date: string): DiskFile {
    const path = `${this.#folder}/${source}/${date}.ndjson`;
    let file = this.#files.get(path);
    if (file === undefined) {
      for (const old of this.#files.values()) old.close();
      this.#files.clear();
      this.#disk.makeFolder(`${this.#folder}/${source}`);
      file = this.#disk.open(path, this.#disk.exists(path) ? "update" : "create");
      this.#bytes = this.#disk.list(`${this.#folder}/${source}`).reduce(
        (sum, { name }) => sum + (this.#disk.stat(`${this.#folder}/${source}/${name}`)?.bytes ?? 0),
        0,
      );
      this.#files.set(path, file);
    }
    return file;
  }
}
