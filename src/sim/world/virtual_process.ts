import type { Cancel, Process } from "../../runtime/runtime.ts";
import type { EventLoop } from "./event_loop.ts";
import { Lifetime } from "./lifetime.ts";

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly isErrorTerminal?: boolean;
  readonly openFilesMax?: number;
}

/** Unwinds a program that called `exit`; never seen by anyone else. */
class Exit extends Error {
  override readonly name = "Exit";
}

const RSS_BYTES = 128 << 20; // a recorder of one source after a minute
const CPU_SHARE = 0.1; // of a core
const OPEN_FILES_MAX = 65_536; // as our unit for systemd asks for

/** A program as the world sees it: what it wrote, how it ended, and signals to it. */
export class VirtualProcess implements Process {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly host: string;
  readonly platform = "simulated";
  readonly folder = "/";
  readonly isTerminal = false;
  readonly isErrorTerminal: boolean;
  readonly isRoot = false;
  readonly columns = 80;
  readonly rows = 24;
  readonly life: Lifetime;
  /** What it wrote so far. */
  readonly written: { out: string; err: string } = { out: "", err: "" };
  /** Set once it called `exit`. */
  exitCode: number | undefined;
  readonly #loop: EventLoop;
  readonly #startUs: number;
  readonly #openFilesMax: number;
  readonly #stops = new Set<(signal: string) => void>();
  #fatal: ((error: unknown) => void) | undefined;

  constructor(
    loop: EventLoop,
    host: string,
    pid: number,
    { args = [], env = {}, isErrorTerminal = false, openFilesMax = OPEN_FILES_MAX }: ProgramOptions,
  ) {
    this.#loop = loop;
    this.#startUs = loop.nowUs;
    this.host = host;
    this.pid = pid;
    this.args = args;
    this.env = env;
    this.isErrorTerminal = isErrorTerminal;
    this.#openFilesMax = openFilesMax;
    this.life = new Lifetime((error) => this.#threw(error));
  }

  /** TERM, INT or HUP. A program that does not listen dies of it. */
  sendStop(signal = "SIGTERM"): void {
    this.#loop.at(this.#loop.nowUs, () => {
      if (this.#stops.size === 0) return this.life.end("exit");
      for (const run of [...this.#stops]) run(signal);
    }, this.life);
  }

  write(target: "out" | "err", text: string): Promise<boolean> {
    this.written[target] += text;
    return Promise.resolve(true);
  }

  /** Nobody sits at a terminal here. */
  onKey(): Cancel {
    return () => {};
  }

  onStop(run: (signal: string) => void): Cancel {
    this.#stops.add(run);
    return () => void this.#stops.delete(run);
  }

  onFatal(run: (error: unknown) => void): void {
    this.#fatal = run;
  }

  exit(code: number): never {
    if (!this.life.isOver) this.exitCode = code;
    this.life.end("exit");
    throw new Exit(`exit ${code}`);
  }

  rssBytes(): number {
    return RSS_BYTES;
  }

  cpuMs(): number {
    return CPU_SHARE * (this.#loop.nowUs - this.#startUs) / 1_000;
  }

  openFilesMax(): number {
    return this.#openFilesMax;
  }

  /** Nobody caught it. A program that does not listen dies of it, and the test with it. */
  #threw(error: unknown): void {
    if (error instanceof Exit) return;
    if (this.#fatal === undefined) return this.#loop.crash(error);
    try {
      this.#fatal(error);
    } catch (inHandler) {
      if (!(inHandler instanceof Exit)) this.#loop.crash(inHandler);
    }
  }
}
