import * as v from "valibot";
import type { Source } from "../exchanges/source.ts";
import type { Cancel, Runtime } from "../runtime/runtime.ts";
import { ConnectionBudget } from "./connection_budget.ts";
import { RestBudget } from "./rest_budget.ts";

/** Keeps a text for the next process. Neither call throws: a budget that cannot be kept is no reason not to record. */
export interface BudgetStore {
  load(): string | undefined;
  save(text: string): void;
}

const SAVE_MS = 1_000;

const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const kept = v.object({
  savedTime: time,
  connections: v.object({ attemptTimes: v.array(time), pausedMs: amount }),
  rest: v.object({ minute: v.pipe(v.number(), v.safeInteger()), weight: amount, pausedMs: amount }),
});

/** What the venue lets one address do, and what of it is used up: a restart is no way around a limit or a ban. One per source. */
export class Budgets implements Disposable {
  readonly connections: ConnectionBudget;
  readonly rest: RestBudget;
  readonly #runtime: Pick<Runtime, "clock" | "timers">;
  readonly #store: BudgetStore | undefined;
  #due: Cancel | undefined;

  constructor(runtime: Pick<Runtime, "clock" | "timers">, limits: Source["limits"], store: BudgetStore | undefined) {
    this.#runtime = runtime;
    this.#store = store;
    const spent = spentOf(store?.load(), runtime.clock.wallTime());
    const changed = () => this.#due ??= runtime.timers.after(SAVE_MS, () => this.#save());
    this.connections = new ConnectionBudget(runtime, limits, spent?.connections, changed);
    this.rest = new RestBudget(runtime, limits.restWeightPerMinute, spent?.rest, changed);
  }

  [Symbol.dispose](): void {
    this.#save();
  }

  #save(): void {
    this.#due?.();
    this.#due = undefined;
    const savedTime = this.#runtime.clock.wallTime();
    this.#store?.save(JSON.stringify({ savedTime, connections: this.connections.spent, rest: this.rest.spent }));
  }
}

/**
 * Torn or of another version: nothing is known. A clock that was set back meanwhile has let no time pass, so a pause is never longer than it
 * was.
 */
function spentOf(text: string | undefined, nowTime: number): v.InferOutput<typeof kept> | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(kept, json);
  if (!parsed.success) return undefined;
  const { savedTime, connections, rest } = parsed.output;
  const passedMs = Math.max(0, (nowTime - savedTime) / 1_000);
  const left = (pausedMs: number) => Math.max(0, pausedMs - passedMs);
  return {
    savedTime,
    connections: { ...connections, pausedMs: left(connections.pausedMs) },
    rest: { ...rest, pausedMs: left(rest.pausedMs) },
  };
}
