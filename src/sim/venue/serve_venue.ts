import { ConfigError } from "../../lib/errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { CaptureMarket } from "./capture_market.ts";
import { controlEndpoint } from "./control_endpoint.ts";
import { dialectOf } from "./dialects.ts";
import { LedgerFile } from "./ledger_file.ts";
import { listenOnLoopback } from "./loopback.ts";
import { marketListings, recordedListings } from "./market_names.ts";
import { SyntheticMarket } from "./synthetic_market.ts";
import { Venue, type VenueOptions } from "./venue.ts";

export interface ServeVenueOptions extends Pick<VenueOptions, "limits" | "shutdownNoticeMs" | "endsBy" | "queueBytesMax"> {
  readonly source: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly symbols: number | readonly string[];
  readonly rate: number;
  readonly seed: number;
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
  /** Ends every connection; the ledger is whole when it resolves. */
  stop(): Promise<void>;
}

/** A venue on loopback, for people and scripts. Throws ConfigError for what cannot be simulated. */
export async function serveVenue(runtime: Runtime, options: ServeVenueOptions): Promise<ServedVenue> {
  const dialect = dialectOf(options.source);
  const { seed, rate, inexactOneIn = 0, capture = [], speed = 1 } = options;
  const recorded = options.exchangeInfo === undefined ? undefined : recordedListings(seed, textOf(runtime, options.exchangeInfo));
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
    listings: recorded ?? marketListings(seed, options.symbols),
  });
  const ledger = options.ledger === undefined ? undefined : new LedgerFile(runtime, options.ledger);
  const { source, symbols } = options;
  ledger?.write({ run: { source, seed, rate, symbols, capture, speed }, at: runtime.clock.wallTime() });
  const { ledger: _path, ...behaviour } = options;
  const venue = new Venue(runtime, dialect, player ?? market!, { ...behaviour, ...(ledger === undefined ? {} : { ledger }) });
  const server = await listenOnLoopback(runtime, venue, { port: options.port, intercept: controlEndpoint(venue, market) });
  const host = `127.0.0.1:${server.port}`;
  return {
    wsUrl: `ws://${host}`,
    httpUrl: `http://${host}`,
    venue,
    market,
    played: player === undefined ? new Promise(() => {}) : player.finished.then(() => venue.quiesce()),
    async stop() {
      venue.stop();
      await server.close();
    },
  };
}

function textOf(runtime: Runtime, path: string): string {
  if (!runtime.disk.exists(path)) throw new ConfigError("--exchange-info", `--exchange-info: ${path} does not exist.`);
  const bytes = runtime.disk.read(path);
  return new TextDecoder().decode(path.endsWith(".gz") ? runtime.compression.gunzip(bytes) : bytes);
}
