import type { Cancel, DiskFile, Runtime } from "../../runtime/runtime.ts";
import type { Ledger, LedgerLine } from "./ledger.ts";

const FLUSH_MS = 500; // how far behind a reader of a running ledger is
const CHARS_MAX = 256 * 1024; // an append of up to 1 MiB is never seen in part

/** The ledger as a file. Throws StorageError: a simulator that cannot say what it sent is worth nothing. */
export class LedgerFile implements Ledger {
  readonly #file: DiskFile;
  readonly #cancel: Cancel;
  readonly #encoder = new TextEncoder();
  #lines: string[] = [];
  #chars = 0;

  /** Replaces what is there: a ledger is of one run. */
  constructor(runtime: Runtime, path: string) {
    runtime.disk.remove(path);
    this.#file = runtime.disk.open(path, "create");
    this.#cancel = runtime.timers.every(FLUSH_MS, () => this.flush());
  }

  write(line: LedgerLine): void {
    const text = JSON.stringify(line);
    this.#lines.push(text);
    this.#chars += text.length + 1;
    if (this.#chars >= CHARS_MAX) this.flush();
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#chars = 0;
    this.#file.append(this.#encoder.encode(text));
  }

  close(): void {
    this.#cancel();
    this.flush();
    this.#file.sync();
    this.#file.close();
  }
}
