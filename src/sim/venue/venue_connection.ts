import type { Accepted, ConnectionView, Dialect, VenueLimits } from "../../exchanges/dialect.ts";
import type { TimeUnit } from "../../exchanges/source.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import { LANES } from "./feed.ts";

/** What a transport does for the venue. */
export interface VenuePeer {
  send(text: string): void;
  ping(payload: Uint8Array): void;
  /** Close frame, and the end once the client has answered. */
  close(code: number, reason: string): void;
  /** The end, now. */
  reset(): void;
  bufferedBytes(): number;
}

/** What a transport tells the venue. */
export interface VenueClient {
  text(text: string): void;
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  closed(how: "handshake" | "cut", by: "venue" | "client"): void;
}

/** What a connection needs of its venue. */
export interface ConnectionHost {
  readonly runtime: Runtime;
  readonly dialect: Dialect;
  readonly limits: VenueLimits;
  readonly shutdownNoticeMs: number;
  readonly endsBy: "close" | "reset";
  time(): number;
  subscribe(connection: VenueConnection, streams: readonly string[]): void;
  unsubscribe(connection: VenueConnection, streams: readonly string[]): void;
  /** The client has everything up to that transmission. */
  acked(connection: VenueConnection, tx: number): void;
  gone(connection: VenueConnection, how: "handshake" | "cut", by: "venue" | "client"): void;
}

const PING_BYTES = 8;

/** One client of a venue, with the venue's limits on it. */
export class VenueConnection implements VenueClient, ConnectionView {
  readonly id: number;
  readonly lane: number;
  readonly address: string;
  readonly timeUnit: TimeUnit;
  readonly streams = new Set<string>();
  readonly #host: ConnectionHost;
  readonly #peer: VenuePeer;
  readonly #pings: { readonly payload: string; readonly tx: number }[] = [];
  readonly #inboundMs: number[] = [];
  readonly #timers: Cancel[] = [];
  #isCombined: boolean;
  #isOver = false;
  #lastTx = 0;

  constructor(host: ConnectionHost, peer: VenuePeer, detail: { readonly id: number; readonly address: string } & Accepted) {
    this.#host = host;
    this.#peer = peer;
    this.id = detail.id;
    this.lane = detail.id % LANES;
    this.address = detail.address;
    this.timeUnit = detail.timeUnit;
    this.#isCombined = detail.isCombined;
    const { timers } = host.runtime;
    const { pingEveryMs, socketAgeMaxMs } = host.limits;
    this.#timers.push(timers.every(pingEveryMs, () => this.#ping()));
    this.#timers.push(timers.after(socketAgeMaxMs, () => this.#endOfLife()));
    if (host.shutdownNoticeMs > 0) {
      this.#timers.push(timers.after(Math.max(0, socketAgeMaxMs - host.shutdownNoticeMs), () => this.noticeShutdown()));
    }
  }

  get isCombined(): boolean {
    return this.#isCombined;
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  bufferedBytes(): number {
    return this.#peer.bufferedBytes();
  }

  /** A frame of transmission `tx`. */
  send(text: string, tx: number): void {
    this.#lastTx = tx;
    this.#peer.send(text);
  }

  noticeShutdown(): void {
    if (!this.#isOver) this.#peer.send(this.#host.dialect.shutdownNotice(this.#host.time(), this));
  }

  text(text: string): void {
    if (!this.#count() || new TextEncoder().encode(text).length > this.#host.limits.controlBytesMax) return;
    const control = this.#host.dialect.control(text, this);
    this.#isCombined = control.isCombined ?? this.#isCombined;
    if (control.unsubscribe !== undefined) this.#host.unsubscribe(this, control.unsubscribe);
    this.#peer.send(control.reply);
    if (control.subscribe !== undefined) this.subscribe(control.subscribe);
  }

  subscribe(streams: readonly string[]): void {
    this.#host.subscribe(this, streams);
    if (this.streams.size > this.#host.limits.streamsMax) this.close(1008, "Too many streams");
  }

  /** Transports answer pings by themselves, as every WebSocket server does; here they are only counted. */
  ping(_payload: Uint8Array): void {
    this.#count();
  }

  pong(payload: Uint8Array): void {
    if (!this.#count()) return;
    const at = this.#pings.findIndex((ping) => ping.payload === hex(payload));
    if (at < 0) return; // unsolicited: allowed, and does not keep the connection alive
    const [answered] = this.#pings.splice(0, at + 1).slice(-1);
    this.#host.acked(this, answered!.tx);
  }

  closed(how: "handshake" | "cut", by: "venue" | "client"): void {
    this.#stop();
    this.#host.gone(this, how, by);
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#stop();
    this.#peer.close(code, reason);
  }

  reset(): void {
    if (this.#isOver) return;
    this.#stop();
    this.#peer.reset();
  }

  /** False when this frame was one too many. */
  #count(): boolean {
    if (this.#isOver) return false;
    const nowMs = this.#host.runtime.clock.monotonicMs();
    while (this.#inboundMs.length > 0 && this.#inboundMs[0]! <= nowMs - 1_000) this.#inboundMs.shift();
    this.#inboundMs.push(nowMs);
    if (this.#inboundMs.length <= this.#host.limits.framesPerSecondMax) return true;
    this.close(1008, "Too many requests");
    return false;
  }

  #ping(): void {
    const { random, timers } = this.#host.runtime;
    const payload = random.bytes(PING_BYTES);
    const ping = { payload: hex(payload), tx: this.#lastTx };
    this.#pings.push(ping);
    this.#peer.ping(payload);
    const cancel = timers.after(this.#host.limits.pongWithinMs, () => {
      this.#timers.splice(this.#timers.indexOf(cancel), 1);
      if (this.#pings.includes(ping)) this.close(1008, "Pong timeout");
    });
    this.#timers.push(cancel);
  }

  #endOfLife(): void {
    if (this.#host.endsBy === "reset") this.reset();
    else this.close(1001, "Going away");
  }

  #stop(): void {
    this.#isOver = true;
    for (const cancel of this.#timers.splice(0)) cancel();
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
