import type { Dialect, MarketView, RestRequest, VenueLimits } from "../../exchanges/dialect.ts";
import { US_PER_S } from "../../lib/time.ts";
import type { Clock } from "../../runtime/runtime.ts";
import type { FaultLog } from "./fault_log.ts";
import type { AnswerFault, Faults } from "./faults.ts";
import { RestLimiter } from "./rest_limiter.ts";

export interface VenueAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** It goes out this much later. */
  readonly delayMs?: number;
  /** The connection breaks in the middle of the body. */
  readonly isCut?: boolean;
}

/** A venue's REST: the route's weight against the address's limit, then the answer, then what goes wrong with it. */
export class VenueRest {
  readonly #clock: Clock;
  readonly #dialect: Dialect;
  readonly #limits: VenueLimits;
  readonly #market: MarketView;
  readonly #limiter: RestLimiter;
  readonly #faults: () => Faults | undefined;
  readonly #log: FaultLog;
  #requestCount = 0;

  constructor(
    clock: Clock,
    { dialect, limits, market }: { readonly dialect: Dialect; readonly limits: VenueLimits; readonly market: MarketView },
    faults: () => Faults | undefined,
    log: FaultLog,
  ) {
    this.#clock = clock;
    this.#dialect = dialect;
    this.#limits = limits;
    this.#market = market;
    this.#limiter = new RestLimiter(limits);
    this.#faults = faults;
    this.#log = log;
  }

  get requestCount(): number {
    return this.#requestCount;
  }

  request(request: RestRequest, address: string): VenueAnswer {
    const fault = this.#faults()?.answer(this.#requestCount);
    this.#requestCount++;
    const route = this.#dialect.rest(request, this.#market);
    const verdict = this.#limiter.spend(address, route.weight, this.#clock.wallTime());
    const headers = { "content-type": "application/json;charset=UTF-8", ...this.#dialect.weightHeaders(verdict.used) };
    if (verdict.status !== 200) {
      return {
        status: verdict.status,
        headers: { ...headers, "retry-after": String(verdict.retryAfterSeconds) },
        body: this.#dialect.refusal(verdict.status, verdict.used, verdict.untilTime),
      };
    }
    const answer = { headers, ...route.answer() };
    return fault === undefined ? answer : this.#faulty(request.target, fault, answer);
  }

  #faulty(target: string, { status, retryAfterMs = 0, delayMs, isCut }: AnswerFault, answer: VenueAnswer): VenueAnswer {
    if (status !== undefined) {
      this.#log.note("rest_failed", `${status} to ${target}`);
      const seconds = Math.ceil(retryAfterMs / 1_000);
      const untilTime = this.#clock.wallTime() + seconds * US_PER_S;
      return {
        status,
        headers: { ...answer.headers, ...(seconds === 0 ? {} : { "retry-after": String(seconds) }) },
        body: status === 429 ? this.#dialect.refusal(429, this.#limits.weightPerMinute, untilTime) : this.#dialect.failure(status),
      };
    }
    if (isCut === true) {
      this.#log.note("rest_cut", target);
      return { ...answer, isCut };
    }
    this.#log.note("rest_late", `${delayMs ?? 0} ms, ${target}`);
    return { ...answer, delayMs: delayMs ?? 0 };
  }
}
