import { OWN_TYPES } from "../events/registry.ts";
import type { Dispatcher } from "../network/dispatcher.ts";
import type { Clock } from "../runtime/runtime.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Quarantine } from "./quarantine.ts";
import type { RecordProgress, RecordSummary } from "./record.ts";

interface Counted {
  readonly name: string;
  readonly handler: { readonly rows: number };
}

/** What a recorder says of its work, while it goes on and at its end. */
export class RecordFacts {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #telemetry: Telemetry;
  readonly #startMs: number;
  /** Writers of what the venue sends, without our own rows. */
  readonly #market: readonly Counted[];

  constructor(clock: Pick<Clock, "monotonicMs">, telemetry: Telemetry, writers: readonly Counted[]) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#startMs = clock.monotonicMs();
    this.#market = writers.filter(({ name }) => !OWN_TYPES.includes(name));
  }

  progress(dispatchers: readonly Pick<Dispatcher, "status">[]): Omit<RecordProgress, "perSecond"> {
    const sum = (key: "symbols" | "streams" | "sockets" | "scansDeclined") =>
      dispatchers.reduce((total, { status }) => total + status[key], 0);
    return {
      seconds: this.#seconds(),
      symbols: sum("symbols"),
      streams: sum("streams"),
      sockets: sum("sockets"),
      scansDeclined: sum("scansDeclined"),
      events: this.#market.reduce((total, { handler }) => total + handler.rows, 0),
    };
  }

  summary(rowsMerged: number, { kept, dropped }: Pick<Quarantine, "kept" | "dropped">): Omit<RecordSummary, "outcome"> {
    return {
      seconds: this.#seconds(),
      events: Object.fromEntries(this.#market.map(({ name, handler }) => [name, handler.rows])),
      rowsMerged,
      gaps: this.#telemetry.total("argus_gaps_total"),
      gapsPossible: this.#telemetry.total("argus_gaps_possible_total"),
      rowsHealed: this.#telemetry.total("argus_rows_healed_total"),
      duplicates: this.#telemetry.total("argus_duplicates_total"),
      quarantined: kept + dropped,
      scansDeclined: this.#telemetry.total("argus_scans_declined_total"),
    };
  }

  #seconds(): number {
    return Math.round((this.#clock.monotonicMs() - this.#startMs) / 1_000);
  }
}
