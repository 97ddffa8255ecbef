import { HttpError, RestError } from "../lib/errors.ts";
import { US_PER_MS } from "../lib/time.ts";
import type { Rest } from "../exchanges/source.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RestBudget } from "./rest_budget.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 64 * 1024 * 1024; // exchangeInfo with permission sets is of the order of 10 MB
const BAN_MS = { 429: 60_000, 418: 120_000 }; // where the venue does not say

/** REST of one source, within its budget; 429 and 418 pause everyone; hosts fail over in order. */
export class RestClient implements Rest {
  readonly #runtime: Runtime;
  readonly #hosts: readonly string[];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #budget: RestBudget;
  readonly #usedWeightHeader: string | undefined;
  readonly #signal: AbortSignal;
  #host = 0;

  constructor(
    runtime: Runtime,
    options: {
      readonly hosts: readonly string[];
      readonly budget: RestBudget;
      readonly usedWeightHeader?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ) {
    this.#runtime = runtime;
    this.#hosts = options.hosts;
    this.#headers = options.headers ?? {};
    this.#budget = options.budget;
    this.#usedWeightHeader = options.usedWeightHeader;
    this.#signal = options.signal;
  }

  async get(path: string, weight: number): Promise<unknown> {
    return (await this.timed(path, weight)).answer;
  }

  /** `sentTime`: wall clock, µs, when the request left; `tookUs`: until its answer was here. */
  async timed(path: string, weight: number): Promise<{ readonly answer: unknown; readonly sentTime: number; readonly tookUs: number }> {
    await this.#budget.spend(weight, this.#signal);
    if (this.#signal.aborted) throw new RestError(`${this.#hosts[0]}: stopped`);
    const url = `${this.#hosts[this.#host % this.#hosts.length]}${path}`;
    const { clock } = this.#runtime;
    const [sentTime, sentMs] = [clock.wallTime(), clock.monotonicMs()];
    const { status, headers, body } = await this.#request(url);
    const tookUs = (clock.monotonicMs() - sentMs) * US_PER_MS;
    const counted = this.#usedWeightHeader === undefined ? NaN : Number(headers[this.#usedWeightHeader]);
    if (counted > 0) this.#budget.counted(counted);
    if (status === 429 || status === 418) {
      const retryAfterMs = Number(headers["retry-after"]) * 1_000 || BAN_MS[status];
      this.#budget.pause(retryAfterMs);
      throw new RestError(`${url}: ${status}, paused for ${retryAfterMs / 1_000} s`, { status, retryAfterMs });
    }
    if (status !== 200) {
      if (status >= 500) this.#host++;
      throw new RestError(`${url}: status ${status}: ${body.slice(0, 200)}`, { status });
    }
    try {
      return { answer: JSON.parse(body), sentTime, tookUs };
    } catch (cause) {
      throw new RestError(`${url}: the answer is no JSON (${body.length} characters)`, { status }, { cause });
    }
  }

  async #request(url: string) {
    try {
      const headers = this.#headers;
      return await this.#runtime.http.request({
        url,
        headers,
        timeoutMs: REQUEST_TIMEOUT_MS,
        bodyBytesMax: BODY_BYTES_MAX,
        signal: this.#signal,
      });
    } catch (cause) {
      this.#host++;
      throw new RestError(`no answer: ${cause instanceof HttpError ? cause.message : `${url}: ${String(cause)}`}`, {}, { cause });
    }
  }
}
