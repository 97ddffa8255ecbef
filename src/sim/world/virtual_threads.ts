import type { Runtime, Thread, ThreadHandler, ThreadName, ThreadPort, Threads } from "../../runtime/runtime.ts";
import { US_PER_MS } from "../../lib/time.ts";
import type { EventLoop } from "./event_loop.ts";
import { Lifetime } from "./lifetime.ts";
import { Pipe } from "./pipe.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What each thread runs: the argument of `serveThread` in its entry file. */
export type ThreadEntry = (runtime: Runtime, port: ThreadPort) => void;
export type ThreadEntries = Readonly<Partial<Record<ThreadName, ThreadEntry>>>;

export interface ThreadWorld {
  readonly loop: EventLoop;
  readonly life: Lifetime;
  readonly random: SeededRandom;
  /** A runtime whose timers and files belong to that life. */
  runtime(life: Lifetime): Runtime;
}

const START_MS = 30; // an entry compiles and imports first
const DELAY_US = 50; // of a message, measured from thread to thread …
const JITTER_US = 200; // … and how much longer it may take on a busy machine

/** Threads of one program, on the world's own event loop. */
export class VirtualThreads implements Threads {
  readonly #world: ThreadWorld;
  readonly #entries: ThreadEntries | undefined;
  readonly #threads = new Set<VirtualThread>();

  constructor(world: ThreadWorld, entries: ThreadEntries | undefined) {
    this.#world = world;
    this.#entries = entries;
  }

  spawn(name: ThreadName, handler: ThreadHandler): Thread {
    const entry = this.#entries?.[name];
    if (entry === undefined) throw new RangeError(`the world was given no entry for the thread ${name}`);
    const thread = new VirtualThread(this.#world, handler, entry);
    this.#threads.add(thread);
    return thread;
  }

  /** Ends every thread that lives, in the middle of whatever it does; each is told dead after `noticedAfterMs`. */
  kill(reason: string, noticedAfterMs: number): void {
    for (const thread of this.#threads) thread.kill(reason, noticedAfterMs);
    this.#threads.clear();
  }
}

class VirtualThread implements Thread {
  readonly #world: ThreadWorld;
  readonly #handler: ThreadHandler;
  readonly #life: Lifetime;
  readonly #toThread: Pipe;
  readonly #toMain: Pipe;
  readonly #queued: unknown[] = [];
  #receiver: ((message: unknown) => void) | undefined;
  #isOver = false;

  constructor(world: ThreadWorld, handler: ThreadHandler, entry: ThreadEntry) {
    const { loop, life, random } = world;
    this.#world = world;
    this.#handler = handler;
    this.#life = new Lifetime((error) => this.kill(error instanceof Error ? error.stack ?? error.message : String(error), 0), life);
    const delayUs = () => DELAY_US + random.below(JITTER_US);
    this.#toThread = new Pipe(loop, this.#life, delayUs);
    this.#toMain = new Pipe(loop, life, delayUs);
    loop.at(loop.nowUs + START_MS * US_PER_MS, () => entry(world.runtime(this.#life), this.#port()), this.#life);
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#isOver) return;
    const copy: unknown = structuredClone(message, { transfer: [...transfer] });
    this.#toThread.send(() => this.#receive(copy));
  }

  terminate(): void {
    this.#isOver = true;
    this.#life.end("exit");
    this.#toThread.close();
    this.#toMain.close();
  }

  kill(reason: string, noticedAfterMs: number): void {
    if (this.#isOver) return;
    const { loop, life } = this.#world;
    this.#life.end("exit");
    this.#toThread.close();
    loop.at(loop.nowUs + Math.max(DELAY_US, noticedAfterMs * US_PER_MS), () => {
      if (this.#isOver) return;
      this.terminate();
      this.#handler.died(reason);
    }, life);
  }

  #port(): ThreadPort {
    return {
      post: (message, transfer = []) => {
        if (this.#life.isOver) return;
        const copy: unknown = structuredClone(message, { transfer: [...transfer] });
        this.#toMain.send(() => this.#handler.message(copy));
      },
      receive: (handler) => {
        this.#receiver = handler;
        for (const message of this.#queued.splice(0)) handler(message);
      },
    };
  }

  #receive(message: unknown): void {
    if (this.#receiver === undefined) this.#queued.push(message);
    else this.#receiver(message);
  }
}
