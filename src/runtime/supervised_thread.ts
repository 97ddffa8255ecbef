import type { Cancel, Clock, Thread, ThreadHandler, ThreadName, Threads, Timers } from "./runtime.ts";
import type { FromThread, Heartbeat, ToThread } from "./thread_envelope.ts";

/** URL of each entry. They derive from main's own URL: the binary finds its workers no other way. */
export type ThreadEntries = Readonly<Partial<Record<ThreadName, string>>>;

const STARTING_FACTOR = 3; // an entry compiles and imports before its first beat

export function supervisedThreads(clock: Clock, timers: Timers, entries: ThreadEntries, heartbeat: Heartbeat): Threads {
  return {
    spawn(name, handler) {
      const entry = entries[name];
      if (entry === undefined) throw new RangeError(`no entry is known for the thread ${name}`);
      return new SupervisedThread({ clock, timers }, entry, heartbeat, handler);
    },
  };
}

/** Threads die without an event in both runtimes (a loop, on Deno an exit), so the heartbeat decides and events only make it faster. */
class SupervisedThread implements Thread {
  readonly #worker: Worker;
  readonly #handler: ThreadHandler;
  readonly #clock: Clock;
  readonly #heartbeat: Heartbeat;
  readonly #cancel: Cancel;
  #isOver = false;
  #silentMs = 0;
  #lookedAtMs: number;
  #patienceMs: number;

  constructor(world: { clock: Clock; timers: Timers }, url: string, heartbeat: Heartbeat, handler: ThreadHandler) {
    this.#handler = handler;
    this.#clock = world.clock;
    this.#heartbeat = heartbeat;
    this.#patienceMs = heartbeat.deadAfterMs * STARTING_FACTOR;
    this.#lookedAtMs = world.clock.monotonicMs();
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = (event) => this.#heard(event.data as FromThread);
    this.#worker.onmessageerror = () => this.#die("sent what cannot be read");
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or Deno ends the whole process
      this.#die(event.message || "failed to start");
    };
    this.#worker.addEventListener("close", () => this.#die("exited")); // Bun only
    this.#cancel = world.timers.every(heartbeat.beatEveryMs, () => this.#look());
    this.#send({ kind: "hello", beatEveryMs: heartbeat.beatEveryMs });
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    if (!this.#isOver) this.#send({ kind: "message", message }, transfer);
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancel();
    this.#worker.terminate();
  }

  #send(envelope: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(envelope, [...transfer]);
  }

  #heard(envelope: FromThread): void {
    if (this.#isOver) return;
    this.#silentMs = 0;
    this.#patienceMs = this.#heartbeat.deadAfterMs;
    if (envelope.kind === "message") this.#handler.message(envelope.message);
    else if (envelope.kind === "fatal") this.#die(envelope.reason);
  }

  /** Our own blocked loop is not the thread's silence: its beats lie queued behind this very timer. */
  #look(): void {
    const now = this.#clock.monotonicMs();
    this.#silentMs += Math.min(now - this.#lookedAtMs, 2 * this.#heartbeat.beatEveryMs);
    this.#lookedAtMs = now;
    if (this.#silentMs >= this.#patienceMs) this.#die(`no heartbeat for ${Math.round(this.#silentMs)} ms`);
  }

  #die(reason: string): void {
    if (this.#isOver) return;
    this.terminate();
    this.#handler.died(reason);
  }
}
