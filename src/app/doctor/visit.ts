import type { Source } from "../../exchanges/source.ts";
import { Budgets } from "../../network/budgets.ts";
import { RestBudget } from "../../network/rest_budget.ts";
import { RestClient } from "../../network/rest_client.ts";
import { budgetFile } from "../budget_file.ts";
import type { SourceConfig } from "../config.ts";
import type { Surroundings } from "./check.ts";

/**
 * A look at one venue, within its limits: pauses it asked a recorder for hold here too, and one it asks for now is kept for the next start.
 * Weight is doctor's own: a recorder leaves a share of it to other programs on its address. Whoever visits disposes.
 */
export class Visit implements Disposable {
  readonly around: Surroundings;
  readonly source: Source;
  readonly config: SourceConfig;
  readonly rest: RestClient;
  readonly #budgets: Budgets;
  readonly #restBudget: RestBudget;

  constructor(around: Surroundings, source: Source, config: SourceConfig) {
    const { runtime, holder, signal } = around;
    const { dataPath } = around.config;
    const file = budgetFile(runtime.disk, dataPath, source.id, () => {}); // advisory: whether the disk works, the data path's check tells
    const isOurs = holder === undefined && runtime.disk.exists(dataPath);
    this.around = around;
    this.source = source;
    this.config = config;
    this.#budgets = new Budgets(runtime, source.limits, isOurs ? file : { ...file, save: () => {} });
    const { pausedMs } = this.#budgets.rest.spent;
    this.#restBudget = new RestBudget(runtime, source.limits.restWeightPerMinute, { minute: -1, weight: 0, pausedMs });
    this.rest = new RestClient(runtime, {
      hosts: [config.restUrl],
      budget: this.#restBudget,
      ...(source.restHeaders === undefined ? {} : { headers: source.restHeaders }),
      signal,
    });
  }

  /** How long the venue still wants nothing from this address. */
  get pausedMs(): number {
    return Math.max(this.#restBudget.spent.pausedMs, this.#budgets.connections.spent.pausedMs);
  }

  /** False where the venue's limit of connections is used up for longer than anyone waits here. */
  async mayConnect(): Promise<boolean> {
    const { runtime, waitMs, signal } = this.around;
    const over = new AbortController();
    const abort = () => over.abort();
    const cancel = runtime.timers.after(waitMs, abort);
    signal.addEventListener("abort", abort);
    await this.#budgets.connections.acquire(over.signal);
    cancel();
    signal.removeEventListener("abort", abort);
    return !over.signal.aborted;
  }

  /** What became of the attempt; `pauseMs` where the venue asked for one. */
  connected(isOpen: boolean, pauseMs = 0): void {
    this.#budgets.connections.ended(isOpen);
    if (pauseMs > 0) this.#budgets.connections.pause(pauseMs);
  }

  [Symbol.dispose](): void {
    const { pausedMs } = this.#restBudget.spent;
    if (pausedMs > 0) this.#budgets.rest.pause(pausedMs);
    this.#budgets[Symbol.dispose]();
  }
}
