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
const kept = v.object({
  connections: v.object({ attemptTimes: v.array(time), pausedUntilTime: time }),
  rest: v.object({ minute: v.pipe(v.number(), v.safeInteger()), weight: v.pipe(v.number(), v.minValue(0)), pausedUntilTime: time }),
});

/** What the venue lets one address do, and what of it is used up: a restart is no way around a limit or a ban. One per source. */
export class Budgets implements Disposable {
  readonly connections: ConnectionBudget;
  readonly rest: RestBudget;
  readonly #timers: Runtime["timers"];
  readonly #store: BudgetStore | undefined;
  #due: Cancel | undefined;

  constructor(runtime: Pick<Runtime, "clock" | "timers">, limits: Source["limits"], store: BudgetStore | undefined) {
    this.#timers = runtime.timers;
    this.#store = store;
    const spent = spentOf(store?.load());
    const changed = () => this.#due ??= this.#timers.after(SAVE_MS, () => this.#save());
    this.connections = new ConnectionBudget(runtime, limits, spent?.connections, changed);
    this.rest = new RestBudget(runtime, limits.restWeightPerMinute, spent?.rest, changed);
  }

  [Symbol.dispose](): void {
    this.#save();
  }

  #save(): void {
    this.#due?.();
    this.#due = undefined;
    this.#store?.save(JSON.stringify({ connections: this.connections.spent, rest: this.rest.spent }));
  }
}

/** Torn or of another version: nothing is known. */
function spentOf(text: string | undefined): v.InferOutput<typeof kept> | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(kept, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
