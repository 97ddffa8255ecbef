import type { Runtime } from "../../runtime/runtime.ts";

/** Does something for a client: sends it some of what waits for it, answers a question. True when there is more to do now. */
export type Portion = () => boolean;

const SLICE_MS = 2; // a frame of a venue waits for it, and is stamped that much later
const REST_PER_MS = 9; // of work, once everybody has everything
const REST_MS_MAX = 5; // a quarter of what the queue of a client holds at 150,000 events a second

/**
 * When clients get what waits for them: one portion each in turn, for two milliseconds at most; then the event loop turns, which reads whatever
 * the venues sent. So however many clients there are and however much they ask for, recording goes first. Who had everything comes before
 * who asks for something or has fallen behind: however many begin at once, the others notice one portion. Once everybody has everything it
 * rests for a few milliseconds: nearly all that sending costs is writes, and more messages then go into each.
 */
export class Deliveries {
  readonly #clock: Runtime["clock"];
  readonly #timers: Runtime["timers"];
  readonly #due: Portion[] = [];
  readonly #late: Portion[] = [];
  #isPlanned = false;
  #restMs = 0;
  #restedFromMs = 0;

  constructor({ clock, timers }: Pick<Runtime, "clock" | "timers">) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** The client had everything, and has something to take. It must be in neither row already. */
  due(portion: Portion): void {
    this.#due.push(portion);
    this.#plan();
  }

  /** The same for who can wait a little longer: it asked for something, or did not take what it could have. */
  late(portion: Portion): void {
    this.#late.push(portion);
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    const restMs = this.#restLeftMs();
    if (restMs < 1) this.#timers.turn(() => this.#deliver());
    else this.#timers.after(restMs, () => this.#deliver());
  }

  #deliver(): void {
    this.#isPlanned = false;
    const fromMs = this.#clock.monotonicMs();
    this.#serve(this.#due, fromMs);
    if (this.#late.length > 0) this.#serveOne(this.#late); // whatever the others have to take
    this.#serve(this.#late, fromMs);
    const nowMs = this.#clock.monotonicMs();
    const isBehind = this.#due.length + this.#late.length > 0;
    this.#restMs = isBehind ? 0 : Math.min(REST_MS_MAX, this.#restLeftMs() + (nowMs - fromMs) * REST_PER_MS);
    this.#restedFromMs = nowMs;
    if (isBehind) this.#plan();
  }

  #serve(row: Portion[], fromMs: number): void {
    while (row.length > 0 && this.#clock.monotonicMs() - fromMs < SLICE_MS) this.#serveOne(row);
  }

  #serveOne(row: Portion[]): void {
    const portion = row.shift()!;
    if (portion()) this.#late.push(portion);
  }

  /** Time that goes by without sending is rest. */
  #restLeftMs(): number {
    return Math.max(0, this.#restMs - (this.#clock.monotonicMs() - this.#restedFromMs));
  }
}
