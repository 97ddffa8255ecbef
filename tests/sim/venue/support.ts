import * as net from "node:net";
import type { Dialect, VenueLimits } from "../../../src/exchanges/dialect.ts";
import { binanceSpotDialect } from "../../../src/exchanges/binance/dialect.ts";
import { loadRuntime } from "../../../src/runtime/load.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import type { LedgerLine } from "../../../src/sim/venue/ledger.ts";
import { LedgerBook } from "../../../src/sim/venue/ledger_book.ts";
import { marketListings } from "../../../src/sim/venue/market_names.ts";
import { SyntheticMarket } from "../../../src/sim/venue/synthetic_market.ts";
import { Venue, type VenueOptions } from "../../../src/sim/venue/venue.ts";
import type { VenueClient, VenuePeer } from "../../../src/sim/venue/venue_connection.ts";
import { type Frame, frameBytes, FrameParser, OPCODE } from "../../../src/lib/websocket_frames.ts";
import { ManualTimers } from "../../support/manual_timers.ts";

export const runtime = await loadRuntime(import.meta.url);
export const START_TIME = 1_795_000_000_000_000;
export const SPOT: Dialect = binanceSpotDialect();

// ── a venue in a test's own time ─────────────────────────────────────────────────────────────────────────────────────────

export interface Still {
  readonly venue: Venue;
  readonly market: SyntheticMarket;
  readonly timers: ManualTimers;
  readonly ledger: KeptLedger;
  advance(ms: number): Promise<void>;
  connect(target?: string, address?: string): Client;
}

/** What the venue uses of a runtime, moved by hand. */
export function stillRuntime(timers: ManualTimers): Runtime {
  let random = 0;
  return {
    clock: { wallTime: () => START_TIME + Math.round(timers.nowMs * 1_000), monotonicMs: () => timers.nowMs },
    timers,
    random: { float: () => 0.5, bytes: (count: number) => Uint8Array.from({ length: count }, () => random++ & 255) },
  } as unknown as Runtime; // the venue core reaches for nothing else
}

export function stillVenue(
  options: Omit<VenueOptions, "limits"> & {
    readonly limits?: Partial<VenueLimits>;
    readonly symbols?: number | readonly string[];
    readonly rate?: number;
    readonly seed?: number;
    readonly restLagMs?: number;
  } = {},
): Still {
  const timers = new ManualTimers();
  const { symbols = ["BTCUSDT", "ETHUSDT"], rate = 200, seed = 7, restLagMs = 0, ...rest } = options;
  const simulated = stillRuntime(timers);
  const market = new SyntheticMarket(simulated, SPOT, { seed, rate, restLagMs, listings: marketListings(seed, symbols) });
  const ledger = new KeptLedger();
  const venue = new Venue(simulated, SPOT, market, { ledger, ...rest });
  return {
    venue,
    market,
    timers,
    ledger,
    advance: (ms) => timers.advance(ms),
    connect: (target = "/stream?timeUnit=MICROSECOND", address = "10.0.0.1") => new Client(venue, target, address),
  };
}

/** A book that keeps its lines too. */
export class KeptLedger extends LedgerBook {
  readonly lines: LedgerLine[] = [];

  override write(line: LedgerLine): void {
    this.lines.push(line);
    super.write(line);
  }

  /** What went wrong on purpose, in order. */
  faults(): string[] {
    return this.lines.flatMap((line) => "market" in line && line.market === "fault" ? [line.detail!] : []);
  }
}

/** A client at the other end of no wire at all. It answers pings unless told otherwise. */
export class Client implements VenuePeer {
  readonly frames: string[] = [];
  readonly pings: Uint8Array[] = [];
  readonly refusal: { readonly refuse: number; readonly retryAfterMs?: number } | undefined;
  closing: { readonly code: number; readonly reason: string } | undefined;
  wasReset = false;
  answersPings = true;
  buffered = 0;
  venueIsDeafTo: "close" | "everything" | undefined;
  readonly #venue: VenueClient | undefined;

  constructor(venue: Venue, target: string, address: string) {
    const connection = venue.connect(this, target, address);
    if ("refuse" in connection) this.refusal = connection;
    else this.#venue = connection;
  }

  say(method: string, params: unknown, id: unknown = 1): void {
    this.text(JSON.stringify({ method, params, id }));
  }

  text(text: string): void {
    this.#venue!.text(text);
  }

  pong(payload: Uint8Array): void {
    this.#venue!.pong(payload);
  }

  clientPing(): void {
    this.#venue!.ping(new Uint8Array(0));
  }

  leave(): void {
    this.#venue!.closed("cut", "client");
  }

  closeCode(): number | undefined {
    return this.closing?.code;
  }

  get data(): { stream: string; data: Record<string, unknown> }[] {
    return this.frames.filter((text) => text.startsWith('{"stream"')).map((text) => JSON.parse(text));
  }

  send(text: string): void {
    this.frames.push(text);
  }

  ping(payload: Uint8Array): void {
    if (this.venueIsDeafTo === "everything") return;
    this.pings.push(payload);
    if (this.answersPings) queueMicrotask(() => this.#venue!.pong(payload));
  }

  close(code: number, reason: string): void {
    this.closing = { code, reason };
    this.#venue?.closed("handshake", "venue");
  }

  reset(): void {
    this.wasReset = true;
    this.#venue?.closed("cut", "venue");
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  deafen(to: "close" | "everything"): void {
    this.venueIsDeafTo = to;
  }

  get isOpen(): boolean {
    return this.closing === undefined && !this.wasReset && this.refusal === undefined;
  }
}

// ── a client that speaks raw bytes ───────────────────────────────────────────────────────────────────────────────────────

const MASK = Uint8Array.of(1, 2, 3, 4);

export class RawClient {
  readonly frames: Frame[] = [];
  readonly head: Promise<string>;
  readonly ended: Promise<void>;
  readonly socket: net.Socket;

  constructor(url: string, target: string) {
    const { hostname, port } = new URL(url);
    this.socket = net.connect(Number(port), hostname);
    this.socket.on("error", () => {});
    let gotHead!: (head: string) => void;
    this.head = new Promise((resolve) => gotHead = resolve);
    this.ended = new Promise((resolve) => this.socket.once("close", () => resolve()));
    const parser = new FrameParser({ payloadBytesMax: 1 << 24, isMasked: false });
    let text = "";
    let isOpen = false;
    this.socket.on("data", (bytes: Uint8Array) => {
      if (isOpen && !text.startsWith("HTTP/1.1 101 ")) return;
      if (isOpen) return parser.push(new Uint8Array(bytes), (frame) => this.frames.push(frame));
      text += Buffer.from(bytes).toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      isOpen = true;
      gotHead(text);
      if (text.startsWith("HTTP/1.1 101 ")) {
        parser.push(new Uint8Array(Buffer.from(text.slice(end + 4), "latin1")), (frame) => this.frames.push(frame));
      }
    });
    this.socket.write(
      `GET ${target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
  }

  send(
    opcode: number,
    payload: string | Uint8Array,
    options: { readonly isFinal?: boolean; readonly mask?: Uint8Array | null } = {},
  ): void {
    const { mask = MASK, isFinal = true } = options;
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    this.socket.write(frameBytes(opcode, bytes, { isFinal, ...(mask === null ? {} : { mask }) }));
  }

  /** Code of the close frame that came, if any. */
  closeCode(): number | undefined {
    const close = this.frames.find((frame) => frame.opcode === OPCODE.close);
    return close === undefined ? undefined : close.payload[0]! * 256 + close.payload[1]!;
  }

  texts(): string[] {
    return this.frames.filter((frame) => frame.opcode === OPCODE.text).map((frame) => new TextDecoder().decode(frame.payload));
  }
}

export async function eventually(holds: () => boolean, withinMs = 5_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
