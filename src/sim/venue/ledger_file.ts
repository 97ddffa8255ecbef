import type { Cancel, DiskFile, Runtime } from "../../runtime/runtime.ts";
import type { Ledger, LedgerLine, RunLine, SentLine } from "./ledger.ts";

const FLUSH_MS = 500; // how far behind a reader of a running ledger is
const CHARS_MAX = 256 * 1024; // an append of up to 1 MiB is never seen in part

/**
 * The ledger as a file: memory holds what half a second brought, at most a quarter of a million characters. When it cannot be written any
 * more `failed` is told once and the rest is dropped: whoever runs the venue ends it then, for a venue that cannot say what it sent is worth nothing.
 */
export class LedgerFile implements Ledger {
  readonly #runtime: Runtime;
  readonly #path: string;
  readonly #failed: (error: unknown) => void;
  readonly #encoder = new TextEncoder();
  #file: DiskFile | undefined;
  #cancel: Cancel = () => {};
  #text = "";

  constructor(runtime: Runtime, path: string, failed: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#path = path;
    this.#failed = failed;
  }

  /** Replaces what is there: a ledger is of one run. Throws StorageError. */
  begin(line: RunLine): void {
    const folder = this.#path.replace(/[^/\\]*$/, "");
    if (folder !== "") this.#runtime.disk.makeFolder(folder);
    this.#runtime.disk.remove(this.#path);
    this.#file = this.#runtime.disk.open(this.#path, "create");
    this.#cancel = this.#runtime.timers.every(FLUSH_MS, () => this.flush());
    this.write(line);
    this.flush();
  }

  write(line: LedgerLine): void {
    this.#text += "tx" in line ? sentLine(line) : `${JSON.stringify(line)}\n`;
    if (this.#text.length >= CHARS_MAX) this.flush();
  }

  flush(): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#try((file) => file.append(this.#encoder.encode(text)));
  }

  close(): void {
    this.#cancel();
    this.flush();
    this.#try((file) => file.sync());
    this.#file?.close();
    this.#file = undefined;
  }

  #try(act: (file: DiskFile) => void): void {
    if (this.#file === undefined) return;
    try {
      act(this.#file);
    } catch (error) {
      this.#cancel();
      this.#file.close();
      this.#file = undefined;
      this.#failed(error);
    }
  }
}

/** Half of all lines; written out, it costs a fifth. */
function sentLine({ tx, n, conn, state }: SentLine): string {
  return `{"tx":${tx},"n":${n},"conn":${conn},"state":"${state}"}\n`;
}
