import { RestError } from "../lib/errors.ts";
import { sleep } from "../lib/sleep.ts";
import type { Rest } from "../exchanges/source.ts";
import type { Runtime } from "../runtime/runtime.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 64 * 1024 * 1024; // exchangeInfo with permission sets is of the order of 10 MB
const SHARE = 0.7; // of the venue's weight: the rest belongs to other programs on this address
const BAN_MS = { 429: 60_000, 418: 120_000 }; // where the venue does not say

/** REST of one source: paced by weight in the venue's minute windows; 429 and 418 pause everyone; hosts fail over in order. */
export class RestClient implements Rest {
  readonly #runtime: Runtime;
  readonly #hosts: readonly string[];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #weightMax: number;
  readonly #signal: AbortSignal;
  #host = 0;
  #minute = -1;
  #spent = 0;
  #pausedUntilMs = 0;

  constructor(
    runtime: Runtime,
    options: {
      readonly hosts: readonly string[];
      readonly weightPerMinute: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ) {
    this.#runtime = runtime;
    this.#hosts = options.hosts;
    this.#headers = options.headers ?? {};
    this.#weightMax = options.weightPerMinute * SHARE;
    this.#signal = options.signal;
  }

  async get(path: string, weight: number): Promise<unknown> {
    await this.#spend(weight);
    const url = `${this.#hosts[this.#host % this.#hosts.length]}${path}`;
    const { status, headers, body } = await this.#request(url);
    if (status === 429 || status === 418) {
      const retryAfterMs = Number(headers["retry-after"]) * 1_000 || BAN_MS[status];
      this.#pausedUntilMs = this.#runtime.clock.monotonicMs() + retryAfterMs;
      throw new RestError(`${url}: ${status}, paused for ${retryAfterMs / 1_000} s`, { status, retryAfterMs });
    }
    if (status !== 200) {
      if (status >= 500) this.#host++;
      throw new RestError(`${url}: status ${status}: ${body.slice(0, 200)}`, { status });
    }
    try {
      return JSON.parse(body);
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
      throw new RestError(`${url}: no answer: ${cause instanceof Error ? cause.message : String(cause)}`, {}, { cause });
    }
  }

  /** Windows are the venue's: fixed minutes of the wall clock. */
  async #spend(weight: number): Promise<void> {
    while (!this.#signal.aborted) {
      const { clock, timers } = this.#runtime;
      const pausedMs = this.#pausedUntilMs - clock.monotonicMs();
      const minute = Math.floor(clock.wallTime() / 60_000_000);
      if (minute !== this.#minute) {
        this.#minute = minute;
        this.#spent = 0;
      }
      if (pausedMs <= 0 && (this.#spent === 0 || this.#spent + weight <= this.#weightMax)) {
        this.#spent += weight;
        return;
      }
      const toNextMinuteMs = 60_000 - (clock.wallTime() / 1_000) % 60_000;
      await sleep(timers, pausedMs > 0 ? pausedMs : toNextMinuteMs, this.#signal);
    }
    throw new RestError(`${this.#hosts[0]}: stopped`);
  }
}
