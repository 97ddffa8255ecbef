import type { Runtime } from "../runtime/runtime.ts";
import type { LogLevel, LogSink } from "../telemetry/telemetry.ts";
import { fitted } from "../lib/text_width.ts";
import { formatLine, LOG_LEVELS } from "../telemetry/telemetry.ts";

/**
 * The only place that prints. Results go to standard output, everything about the work to standard error, so that a pipe gets results only.
 * A reader that went away is no error: the rest is not printed, and the work goes on.
 */
export class Output {
  readonly isJson: boolean;
  readonly isTerminal: boolean;
  /** There is a line at the bottom to write over. */
  readonly hasStatus: boolean;
  readonly #process: Runtime["process"];
  readonly #logLevel: LogLevel;
  #status = "";
  #isOnScreen = false;
  #isUnread = false;
  #written: Promise<unknown> = Promise.resolve();

  constructor(process: Runtime["process"], options: { readonly isJson: boolean; readonly logLevel: LogLevel }) {
    this.#process = process;
    this.isJson = options.isJson;
    this.isTerminal = process.isTerminal;
    this.hasStatus = process.isErrorTerminal;
    this.#logLevel = options.logLevel;
  }

  /** A result for people, or with --json one line of JSON. */
  result(value: unknown, text: () => string): void {
    this.#write("out", this.isJson ? `${JSON.stringify(value)}\n` : `${text()}\n`);
  }

  /** Plain text whatever the format: help, version, a configuration file. */
  text(text: string): void {
    this.#write("out", `${text}\n`);
  }

  /** Whoever read the results went away: what only shows things ends then. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  /** Part of a long output, as fast as its reader takes it; false when it went away. */
  piece(text: string): Promise<boolean> {
    return text === "" ? Promise.resolve(true) : this.#process.write("out", text);
  }

  /** A whole screen, in place of the one before; undefined gives the terminal back. */
  screen(text: string | undefined): void {
    if (text === undefined) return this.#leaveScreen();
    const enter = this.#isOnScreen ? "" : "\u001b[?1049h\u001b[?25l";
    this.#isOnScreen = true;
    const lines = text.split("\n").map((line) => `${fitted(line, this.#process.columns - 1)}\u001b[K`);
    this.#send("out", `${enter}\u001b[H${lines.join("\n")}\u001b[J`);
  }

  #leaveScreen(): void {
    if (this.#isOnScreen) this.#send("out", "\u001b[?25h\u001b[?1049l");
    this.#isOnScreen = false;
  }

  note(text: string): void {
    this.#write("err", `${text}\n`);
  }

  /** The line at the bottom of a terminal that is written over; "" takes it away. */
  status(text: string): void {
    if (!this.hasStatus || text === this.#status) return;
    this.#status = fitted(text, this.#process.columns - 1);
    this.#send("err", `\r\u001b[K${this.#status}`);
  }

  get log(): LogSink {
    return (line) => {
      if (LOG_LEVELS.indexOf(line.level) <= LOG_LEVELS.indexOf(this.#logLevel)) this.note(formatLine(line));
    };
  }

  get isDebug(): boolean {
    return this.#logLevel === "debug";
  }

  /** Resolves when everything is handed over; without it the end of the process cuts a long output. */
  async flushed(): Promise<void> {
    await this.#written;
  }

  #write(target: "out" | "err", text: string): void {
    if (this.#status === "") return this.#send(target, text);
    this.#send("err", "\r\u001b[K");
    this.#send(target, text);
    this.#send("err", this.#status);
  }

  #send(target: "out" | "err", text: string): void {
    const write = this.#process.write(target, text).then((isTaken) => {
      if (target === "out" && !isTaken) this.#isUnread = true;
    });
    this.#written = Promise.all([this.#written, write]);
  }
}
