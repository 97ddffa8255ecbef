import type { Listing } from "../../exchanges/dialect.ts";
import { ConfigError } from "../../lib/errors.ts";
import type { Runtime, TcpServer } from "../../runtime/runtime.ts";
import { CaptureMarket } from "./capture_market.ts";
import { controlEndpoint } from "./control_endpoint.ts";
import { dialectOf } from "./dialects.ts";
import { type FaultLevel, Faults } from "./faults.ts";
import { LedgerFile } from "./ledger_file.ts";
import { listenOnLoopback } from "./loopback.ts";
import { marketListings, recordedListings } from "./market_names.ts";
import { SymbolFaults } from "./symbol_faults.ts";
import { SyntheticMarket } from "./synthetic_market.ts";
import { Venue, type VenueOptions } from "./venue.ts";

export interface ServeVenueOptions extends Pick<VenueOptions, "limits" | "shutdownNoticeMs" | "endsBy" | "queueBytesMax" | "onFault"> {
  readonly source: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly symbols: number | readonly string[];
  readonly rate: number;
  readonly seed: number;
  readonly faults?: FaultLevel;
  /** The longest life of a connection; the venue's own 24 h, or what the faults say, where it is absent. */
  readonly ageMaxMs?: number;
  readonly inexactOneIn?: number;
  /** Recordings to play instead of a made-up market. */
  readonly capture?: readonly string[];
  readonly speed?: number | "max";
  readonly quietMs?: number;
  /** A recorded exchangeInfo, plain or .gz: its symbols are listed instead. */
  readonly exchangeInfo?: string;
  /** Where the ledger goes. */
  readonly ledger?: string;
}

export interface ServedVenue {
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly venue: Venue;
  /** Absent when a recording plays. */
  readonly market: SyntheticMarket | undefined;
  /** The recording was sent to its end; never settles without one. */
  readonly played: Promise<void>;
  /** Rejects when the ledger cannot be written any more; never resolves. */
  readonly failed: Promise<never>;
  /** Closes every connection, by handshake where its client answers; the ledger is whole when it resolves. */
  stop(): Promise<void>;
}

/** A venue on loopback, for people and scripts. Throws ConfigError for what cannot be simulated, StorageError for a ledger that cannot be begun. */
export async function serveVenue(runtime: Runtime, options: ServeVenueOptions): Promise<ServedVenue> {
  const dialect = dialectOf(options.source);
  const { seed, rate, symbols, inexactOneIn = 0, capture = [], speed = 1, faults: level = "none", ageMaxMs } = options;
  const faults = level === "none" ? undefined : new Faults(level, seed, ageMaxMs);
  const recorded = options.exchangeInfo === undefined ? undefined : listingsOf(runtime, seed, options.exchangeInfo);
  const player = capture.length === 0 ? undefined : await CaptureMarket.open(runtime, dialect, {
    files: capture,
    speed,
    ...(options.quietMs === undefined ? {} : { quietMs: options.quietMs }),
    ...(recorded === undefined ? {} : { listings: recorded }),
  });
  const market = player !== undefined ? undefined : new SyntheticMarket(runtime, dialect, {
    seed,
    rate,
    inexactOneIn,
    restLagMs: faults?.restLagMs ?? 0,
    listings: recorded ?? marketListings(seed, symbols),
  });
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => fail = reject);
  failed.catch(() => {}); // heard by whoever asks for `failed`
  const ledger = options.ledger === undefined ? undefined : new LedgerFile(runtime, options.ledger, fail);
  const { ledger: _path, faults: _level, limits, ...behaviour } = options;
  const venue = new Venue(runtime, dialect, player ?? market!, {
    ...behaviour,
    limits: { ...(ageMaxMs === undefined ? {} : { socketAgeMaxMs: ageMaxMs }), ...limits },
    ...(faults === undefined ? {} : { faults }),
    ...(ledger === undefined ? {} : { ledger }),
  });
  const symbolFaults = faults === undefined || market === undefined ? undefined : new SymbolFaults(runtime.timers, venue, market, faults);
  const stopFaults = () => {
    symbolFaults?.stop();
    venue.stopFaults();
  };
  const intercept = controlEndpoint(venue, market, { stopFaults });
  let server: TcpServer | undefined;
  try {
    server = await listen(() => listenOnLoopback(runtime, venue, { port: options.port, intercept }), options.port);
    ledger?.begin({ run: { source: options.source, seed, rate, symbols, faults: level, capture, speed }, at: runtime.clock.wallTime() });
  } catch (error) {
    symbolFaults?.stop();
    venue.stop();
    await server?.close();
    throw error;
  }
  const host = `127.0.0.1:${server.port}`;
  const whole = played(player, venue);
  whole.catch(() => {}); // heard by whoever asks for `played`
  return {
    wsUrl: `ws://${host}`,
    httpUrl: `http://${host}`,
    venue,
    market,
    played: whole,
    failed,
    async stop() {
      symbolFaults?.stop();
      await venue.leave();
      venue.stop();
      await server.close();
    },
  };
}

async function played(player: CaptureMarket | undefined, venue: Venue): Promise<void> {
  if (await player?.finished === true) return venue.quiesce();
  await new Promise(() => {}); // stopped before its end, or never to end
}

async function listen(start: () => Promise<TcpServer>, port: number): Promise<TcpServer> {
  try {
    return await start();
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    const why = code === "EACCES" ? "this user may not listen there" : "something else listens there already";
    throw new ConfigError("--port", `--port: cannot listen on 127.0.0.1:${port}: ${why}. Choose another, or 0 for any free one.`);
  }
}

function listingsOf(runtime: Runtime, seed: number, path: string): Listing[] {
  if (!runtime.disk.exists(path)) throw new ConfigError("--exchange-info", `--exchange-info: ${path} does not exist.`);
  const bytes = runtime.disk.read(path);
  try {
    return recordedListings(seed, new TextDecoder().decode(path.endsWith(".gz") ? runtime.compression.gunzip(bytes) : bytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError("--exchange-info", `--exchange-info: ${path} is no answer of exchangeInfo: ${why}.`);
  }
}
