import { Backoff } from "../lib/backoff.ts";
import { sleep } from "../lib/sleep.ts";
import type { JoinOutcome } from "../agora/router.ts";
import type { Cancel, Runtime } from "../runtime/runtime.ts";
import type { Happenings } from "../telemetry/happenings.ts";
import type { Binding } from "./binding.ts";
import type { ConnectionBudget } from "./connection_budget.ts";
import { Pace } from "./pace.ts";
import { rotationDelayMs, type RotationRule } from "./rotation.ts";
import { SILENT_MS_MIN, type Worker, type WorkerDeps, type WorkerEnd } from "./worker.ts";

const RETRY_MS_MAX = 12_000; // a venue that is back is used within 15 s; how often all seats together may try is the budget's matter
const PULSE_LIVELY_TURNS = 300; // of all streams of a socket together: no single one's burst makes so many
const STABLE_MS = 60_000; // a socket that lived this long has earned an immediate first retry
const SILENT_JOINS_MAX = 3; // then the new worker is as good as it gets
const REFUSED_FOR_GOOD_MS = 15 * 60_000; // 403 and 451 do not pass by themselves
const TRY_ANOTHER_MS = 600_000;
const PATIENCE_MAX = 64; // times the stale time: an hour
/** Of this address, so every socket waits. */
const BAN_MS: Readonly<Record<number, number>> = { 429: 60_000, 418: 120_000 };

export interface SeatContext {
  readonly runtime: Runtime;
  readonly sourceId: string;
  readonly happenings: Happenings;
  readonly budget: ConnectionBudget;
  /** How many there are to fail over to. */
  readonly endpoints: number;
  readonly rotation: RotationRule;
  readonly staleAfterMs: number;
  readonly signal: AbortSignal;
  /** A new worker and the joins of its paths. `attempt` rises with each failure, so that endpoints fail over. */
  open(
    bindings: readonly Binding[],
    attempt: number,
    life: Pick<WorkerDeps, "wantsReplacement" | "pulse"> & { readonly patience: number },
  ): { readonly worker: Worker; readonly joins: readonly Promise<JoinOutcome>[] };
}

/**
 * The place of one Worker: it keeps a worker for the lane's streams and replaces it by make before break, whatever the reason
 * (age, a notice from the venue, a dead or stale socket, a changed universe): the old worker ends when every path has joined the new one.
 */
export class Seat implements Disposable {
  readonly #context: SeatContext;
  readonly #lane: { readonly id: string; bindings(): readonly Binding[] };
  readonly #backoff: Backoff;
  #worker: Worker | undefined;
  /** Connecting or joining, not yet in place. */
  #candidate: Worker | undefined;
  #reason: string | undefined;
  #isReplacing = false;
  #silentJoins = 0;
  #triedAnotherMs = -Infinity;
  /** Refused handshakes in a row. */
  #refusals = 0;
  readonly #pulse: Pace;
  /** Doubles with each silence that a new socket did not end: the streams are quiet, not the socket. Only until the pace is known. */
  #patience = 1;
  /** Which endpoint: its own first, then the next with each failure. */
  #attempt: number;
  readonly #index: number;
  #rotation: Cancel | undefined;
  #rotatesAtMs = Infinity;

  constructor(context: SeatContext, lane: { readonly id: string; bindings(): readonly Binding[] }, index: number) {
    this.#context = context;
    this.#lane = lane;
    this.#attempt = this.#index = index;
    this.#pulse = new Pace(Math.min(SILENT_MS_MIN, context.staleAfterMs), PULSE_LIVELY_TURNS);
    this.#backoff = new Backoff({ baseMs: 500, maxMs: RETRY_MS_MAX }, () => context.runtime.random.float());
  }

  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** When the worker in place is replaced for its age, monotonic. */
  get rotatesAtMs(): number {
    return this.#rotatesAtMs;
  }

  /** Asks for a new worker. Asked again meanwhile, it is done once more afterwards. */
  replace(reason: string): void {
    this.#reason = reason;
    if (!this.#isReplacing) void this.#run();
  }

  /** Everything its sockets received so far is on their temporary paths when it returns. */
  decode(): void {
    for (const worker of [this.#candidate, this.#worker]) worker?.decode();
  }

  [Symbol.dispose](): void {
    this.#rotation?.();
    const workers = [this.#candidate, this.#worker];
    this.#worker = undefined;
    for (const worker of workers) worker?.[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    this.#isReplacing = true;
    const { signal, runtime, happenings, sourceId } = this.#context;
    while (this.#reason !== undefined && !signal.aborted) {
      const reason = this.#reason;
      this.#reason = undefined;
      const failure = await this.#replaceOnce(reason);
      if (failure === undefined || signal.aborted) continue;
      this.#attempt++;
      this.#reason ??= reason;
      const waitMs = Math.max(this.#backoff.failed(), failure.waitMs);
      happenings.replacementFailed(sourceId, { lane: this.#lane.id, reason, why: failure.why, waitMs: Math.round(waitMs) });
      await sleep(runtime.timers, waitMs, signal);
    }
    this.#isReplacing = false;
  }

  /** Undefined when the new worker is in place; else why not and how long to wait at least. */
  async #replaceOnce(reason: string): Promise<{ readonly why: string; readonly waitMs: number } | undefined> {
    const bindings = this.#lane.bindings();
    if (bindings.length === 0) {
      this[Symbol.dispose]();
      return undefined;
    }
    const { budget, signal, happenings, sourceId } = this.#context;
    await budget.acquire(signal);
    if (signal.aborted) return undefined;
    const { worker, joins } = this.#context.open(bindings, this.#attempt, {
      pulse: this.#pulse,
      patience: this.#patience,
      wantsReplacement: (why) => {
        if ((why === "lag" || why === "bad_frames") && !this.#mayTryAnother()) return;
        if (why === "stale") this.#patience = Math.min(PATIENCE_MAX, 2 * this.#patience);
        this.replace(why);
      },
    });
    this.#candidate = worker;
    const joined = worker.subscribed.then(() => {
      budget.ended(true);
      return Promise.all(joins);
    });
    const outcomes = await Promise.race([joined, worker.ended]);
    this.#candidate = undefined;
    if (!Array.isArray(outcomes)) {
      if (outcomes.cause !== "terminated") budget.ended(false);
      return { why: `${outcomes.cause}: ${outcomes.detail}`, waitMs: this.#obey(outcomes) };
    }
    this.#refusals = 0;
    const silent = outcomes.filter((outcome) => outcome === "silent").length;
    if (silent > 0 && this.#worker !== undefined && ++this.#silentJoins < SILENT_JOINS_MAX) {
      worker[Symbol.dispose]();
      return { why: `${silent} streams bring nothing on the new socket`, waitMs: 0 };
    }
    this.#silentJoins = 0;
    this.#takePlace(worker);
    happenings.replaced(sourceId, { lane: this.#lane.id, reason, worker: worker.id, joins: countBy(outcomes) });
    return undefined;
  }

  /** A new socket lags just as much where it is us who are slow, and brings the same frames where the venue has changed them. */
  #mayTryAnother(): boolean {
    const nowMs = this.#context.runtime.clock.monotonicMs();
    if (nowMs - this.#triedAnotherMs < TRY_ANOTHER_MS) return false;
    this.#triedAnotherMs = nowMs;
    return true;
  }

  #takePlace(worker: Worker): void {
    const { runtime: { clock, random, timers }, rotation } = this.#context;
    const old = this.#worker;
    this.#worker = worker;
    old?.[Symbol.dispose]();
    this.#rotation?.();
    const delayMs = rotationDelayMs(rotation, clock.monotonicMs() - worker.openedMs, clock.wallTime(), random.float());
    this.#rotatesAtMs = clock.monotonicMs() + delayMs;
    this.#rotation = timers.after(delayMs, () => {
      this.#attempt = this.#index; // back to its own endpoint, if it had to leave that
      this.replace("age");
    });
    void worker.ended.then((end) => this.#lost(worker, end));
  }

  /** The worker in place ended by itself: its paths have no source until the next one is there. */
  #lost(worker: Worker, end: WorkerEnd): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#rotation?.();
    const { runtime, signal } = this.#context;
    if (runtime.clock.monotonicMs() - worker.openedMs >= STABLE_MS) this.#backoff.succeeded();
    const waitMs = this.#backoff.failed();
    void sleep(runtime.timers, waitMs, signal).then(() => this.replace(end.cause));
  }

  /** What a refused handshake asks for, and how long this seat waits for it; what concerns the whole address pauses every seat. */
  #obey({ cause, status, retryAfterMs }: WorkerEnd): number {
    if (cause !== "refused" || status === undefined) {
      this.#refusals = 0;
      return 0;
    }
    this.#refusals++;
    const { budget, endpoints, happenings, sourceId } = this.#context;
    const isBan = BAN_MS[status] !== undefined;
    const isForGood = (status === 403 || status === 451) && this.#refusals % endpoints === 0;
    const waitMs = isForGood ? REFUSED_FOR_GOOD_MS : retryAfterMs ?? BAN_MS[status] ?? 0;
    if (isBan || isForGood) budget.pause(waitMs);
    if (waitMs > 0) happenings.refused(sourceId, status, waitMs);
    return waitMs;
  }
}

function countBy(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
