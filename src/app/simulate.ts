import type { Cancel, Runtime } from "../runtime/runtime.ts";
import type { FaultLevel } from "../sim/venue/faults.ts";
import { type ServedVenue, serveVenue } from "../sim/venue/serve_venue.ts";
import type { VenueSummary } from "../sim/venue/venue.ts";

const PROGRESS_MS = 1_000;
const LATE_MS = 1_000; // a busy machine is late by some ms; this is a rate it cannot send

export interface SimulateOptions {
  readonly source: string;
  /** 0 = any free one. */
  readonly port: number;
  /** How many, or which. */
  readonly symbols: number | readonly string[];
  readonly rate: number;
  readonly seed: number;
  readonly faults: FaultLevel;
  /** Recordings to play once instead of a made-up market. */
  readonly capture: readonly string[];
  readonly speed: number | "max";
  /** The longest life of a connection. */
  readonly ageMaxMs?: number;
  readonly exchangeInfo?: string;
  readonly ledger?: string;
  readonly durationMs?: number;
  readonly signal: AbortSignal;
}

/** Where it listens, once it does. */
export interface SimulateReady {
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly ledger?: string;
}

export interface SimulateSummary extends Omit<VenueSummary, "connections" | "opened"> {
  /** Over the whole run. */
  readonly connections: number;
}

export interface SimulateWatch {
  ready(ready: SimulateReady): void;
  /** Every second. */
  progress(progress: { readonly connections: number; readonly events: number; readonly behindMs?: number }): void;
  fault(kind: string, detail: string): void;
}

/**
 * A venue on loopback until `signal`, for `durationMs`, or until a recording was played and its clients have it, whichever comes first.
 * Throws ConfigError for what cannot be simulated, StorageError for a ledger that cannot be written.
 */
export async function simulate(runtime: Runtime, options: SimulateOptions, watch: SimulateWatch): Promise<SimulateSummary> {
  const { signal, durationMs, ...venueOptions } = options;
  const served = await serveVenue(runtime, { ...venueOptions, onFault: (kind, detail) => watch.fault(kind, detail) });
  const cancels: Cancel[] = [];
  try {
    watch.ready({ wsUrl: served.wsUrl, httpUrl: served.httpUrl, ...(options.ledger === undefined ? {} : { ledger: options.ledger }) });
    cancels.push(runtime.timers.every(PROGRESS_MS, () => watch.progress(progressOf(served))));
    const isOver = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (durationMs !== undefined) cancels.push(runtime.timers.after(durationMs, resolve));
    });
    await Promise.race([isOver, served.failed, served.played.then(() => Promise.race([served.venue.delivered(), isOver]))]);
  } finally {
    for (const cancel of cancels) cancel();
    await served.stop();
  }
  const { connections: _open, opened, ...counts } = served.venue.summary();
  return { connections: opened, ...counts };
}

function progressOf({ venue, market }: ServedVenue) {
  const { connections, events } = venue.summary();
  const behindMs = Math.round(market?.lateMs() ?? 0);
  return { connections, events, ...(behindMs < LATE_MS ? {} : { behindMs }) };
}
