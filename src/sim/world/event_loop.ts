import { assert } from "../../lib/assert.ts";
import type { Cancel, Timers } from "../../runtime/runtime.ts";
import { DueQueue } from "../venue/due_queue.ts";
import type { Lifetime } from "./lifetime.ts";

interface Task {
  readonly life: Lifetime;
  /** Undefined once it ran or was cancelled. */
  run: (() => void) | undefined;
}

const TURNS_MAX = 100_000; // at one instant; more is a loop that never lets time pass

/**
 * The one event loop of a simulated world: everything that happens is a task with a time. Tasks run in the order of their time, those of
 * one instant in the order they were planned, and the turns asked for at an instant after all of its input.
 *
 * Between two tasks the real event loop takes one turn, which runs every promise and web stream to its end: they consist of microtasks
 * only, however many. That costs 1 µs on both runtimes.
 */
export class EventLoop {
  readonly #yieldTurn: Timers["turn"];
  readonly #due = new DueQueue<Task>();
  #turns: Task[] = [];
  #turnsAtInstant = 0;
  #nowUs = 0;
  #tasks = 0;
  #isRunning = false;
  #crash: { readonly error: unknown } | undefined;

  constructor(yieldTurn: Timers["turn"]) {
    this.#yieldTurn = yieldTurn;
  }

  /** Since the world began. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Tasks that ran so far: two runs of one seed agree on it at every moment. */
  get tasks(): number {
    return this.#tasks;
  }

  at(timeUs: number, run: () => void, life: Lifetime): Cancel {
    assert(!Number.isNaN(timeUs), "a task needs a time");
    const task: Task = { run, life };
    this.#due.put(Math.max(timeUs, this.#nowUs), task);
    return () => {
      task.run = undefined;
    };
  }

  turn(run: () => void, life: Lifetime): void {
    this.#turns.push({ run, life });
  }

  /** Ends `run` with this error. */
  crash(error: unknown): void {
    this.#crash ??= { error };
  }

  /** Lets time pass until then, or until `isOver` says so after some task. Rejects with what the world crashed of. */
  async run(untilUs: number, isOver: () => boolean): Promise<void> {
    assert(!this.#isRunning, "the world is already running: await it");
    this.#isRunning = true;
    try {
      await this.#settle();
      while (!isOver()) {
        if (this.#turns.length > 0 && this.#due.nextTime() > this.#nowUs) await this.#runTurns();
        else if (this.#due.nextTime() <= untilUs) await this.#runNext();
        else {
          this.#pass(untilUs);
          return;
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #runTurns(): Promise<void> {
    assert(++this.#turnsAtInstant < TURNS_MAX, `time stands still at ${this.#nowUs} µs: ${TURNS_MAX} turns asked for the next one`);
    for (const task of this.#turns.splice(0)) {
      const { pausedUntilUs } = task.life;
      if (pausedUntilUs > this.#nowUs) this.#due.put(pausedUntilUs, task);
      else await this.#perform(task);
    }
  }

  async #runNext(): Promise<void> {
    this.#pass(this.#due.nextTime());
    const task = this.#due.take()!;
    const { pausedUntilUs } = task.life;
    if (pausedUntilUs > this.#nowUs) this.#due.put(pausedUntilUs, task);
    else await this.#perform(task);
  }

  #pass(timeUs: number): void {
    if (timeUs <= this.#nowUs) return;
    this.#nowUs = timeUs;
    this.#turnsAtInstant = 0;
  }

  async #perform(task: Task): Promise<void> {
    const { run, life } = task;
    if (run === undefined || life.isOver) return;
    task.run = undefined;
    this.#tasks++;
    try {
      run();
    } catch (error) {
      life.fault(error);
    }
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await new Promise<void>((resolve) => this.#yieldTurn(resolve));
    if (this.#crash === undefined) return;
    const { error } = this.#crash;
    this.#crash = undefined;
    throw error;
  }
}
