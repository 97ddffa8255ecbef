import type { Runtime } from "../../runtime/runtime.ts";
import { US_PER_MS } from "../../lib/time.ts";
import { EventLoop } from "./event_loop.ts";
import { Network } from "./network.ts";
import { VirtualHost } from "./virtual_host.ts";
import type { ProgramOptions } from "./virtual_process.ts";
import type { ThreadEntries } from "./virtual_threads.ts";

export interface WorldOptions {
  readonly seed: number;
  /** µs since the epoch. */
  readonly startTime?: number;
  /** What `threads.spawn` starts. */
  readonly entries?: ThreadEntries;
}

const START_TIME = 1_795_000_000_000_000; // 2026-11-18T11:06:40Z

/**
 * Machines, a network and time, all from one seed. Everything above `runtime/` runs in it unchanged, through days in seconds: time stands
 * still while code runs and jumps to the next thing that happens. Same seed, same program: same order of events, same bytes on disk.
 *
 * Of the machine it really runs on it takes two things: turns of the event loop, and compression. The decoder of compression works on
 * threads of its own in real time, so a program that streams compressed files is not reproducible here.
 */
export class World {
  readonly seed: number;
  readonly network: Network;
  readonly #loop: EventLoop;
  readonly #real: Pick<Runtime, "timers" | "compression">;
  readonly #options: WorldOptions;
  readonly #hosts = new Map<string, VirtualHost>();

  constructor(real: Pick<Runtime, "timers" | "compression">, options: WorldOptions) {
    this.seed = options.seed;
    this.#real = real;
    this.#options = options;
    this.#loop = new EventLoop((run) => real.timers.turn(run));
    this.network = new Network(this.#loop, options.seed);
  }

  /** Virtual milliseconds since the world began. */
  get nowMs(): number {
    return this.#loop.nowUs / US_PER_MS;
  }

  /** Things that happened so far; two runs of one seed agree on it at every moment. */
  get tasks(): number {
    return this.#loop.tasks;
  }

  /** The machine of that name; it is set up when first asked for. */
  host(name: string): VirtualHost {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      const { seed, startTime = START_TIME, entries } = this.#options;
      const { compression } = this.#real;
      host = new VirtualHost({ seed, startTime, loop: this.#loop, network: this.network, compression, entries }, name);
      this.#hosts.set(name, host);
    }
    return host;
  }

  /** The runtime of the program on that machine; a new program after the last one ended. */
  runtime(host: string, options: ProgramOptions = {}): Runtime {
    return this.host(host).runtime(options);
  }

  /** Lets so much time pass. Rejects with what a program did not catch. */
  async advance(ms: number): Promise<void> {
    await this.#run(this.#loop.nowUs + Math.round(ms * US_PER_MS), () => false);
  }

  /** Lets time pass until the promise is settled (and hands its outcome on) or the condition holds. Rejects when it takes longer than the limit. */
  async runUntil<T>(what: Promise<T>, limitMs: number): Promise<T>;
  async runUntil(what: () => boolean, limitMs: number): Promise<void>;
  async runUntil<T>(what: Promise<T> | (() => boolean), limitMs: number): Promise<T | void> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    if (typeof what !== "function") what.then(settled, settled);
    const isOver = typeof what === "function" ? what : () => isSettled;
    await this.#run(this.#loop.nowUs + Math.round(limitMs * US_PER_MS), isOver);
    if (!isOver()) throw new Error(`${this.#where()}: not within ${limitMs} ms${typeof what === "function" ? `: ${what}` : ""}`);
    if (typeof what !== "function") return await what;
  }

  async #run(untilUs: number, isOver: () => boolean): Promise<void> {
    try {
      await this.#loop.run(untilUs, isOver);
    } catch (cause) {
      throw new Error(`${this.#where()}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  #where(): string {
    return `the world of seed ${this.seed}, ${(this.nowMs / 1_000).toFixed(3)} s after it began`;
  }
}
