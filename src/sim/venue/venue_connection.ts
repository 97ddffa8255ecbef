import type { Accepted, ConnectionView, Dialect, VenueLimits } from "../../exchanges/dialect.ts";
import type { TimeUnit } from "../../exchanges/source.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import { LANES } from "./feed.ts";
import type { Decay, Life } from "./life.ts";

/** What a transport does for the venue. */
export interface VenuePeer {
  send(text: string): void;
  ping(payload: Uint8Array): void;
  /** Close frame, and the end once the client has answered. 1005 is a close frame without a code. */
  close(code: number, reason: string): void;
  /** The end, now. */
  reset(): void;
  bufferedBytes(): number;
  /** From now on it answers no close frame, or hears and says nothing at all. A transport without it only stays silent. */
  deafen?(to: "close" | "everything"): void;
}

/** What a transport tells the venue. */
export interface VenueClient {
  text(text: string): void;
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** It broke the protocol: it gets no more data, and a close frame with that code. */
  failed(code: number, reason: string): void;
  closed(how: "handshake" | "cut", by: "venue" | "client"): void;
}

/** What a connection needs of its venue. */
export interface ConnectionHost {
  readonly runtime: Runtime;
  readonly dialect: Dialect;
  readonly limits: VenueLimits;
  time(): number;
  subscribe(connection: VenueConnection, streams: readonly string[]): void;
  unsubscribe(connection: VenueConnection, streams: readonly string[]): void;
  /** No data any more; its subscriptions stay on its list. */
  mute(connection: VenueConnection): void;
  /** The client has everything up to that transmission. */
  acked(connection: VenueConnection, tx: number): void;
  /** It sent more frames than it may. */
  offended(connection: VenueConnection): void;
  /** Something that was planned for it has happened. */
  fault(kind: string, connection: VenueConnection, detail?: string): void;
  gone(connection: VenueConnection, how: "handshake" | "cut", by: "venue" | "client"): void;
}

export interface ConnectionDetail {
  readonly id: number;
  readonly address: string;
  readonly life: Life;
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
  readonly #plans: Cancel[] = [];
  #isCombined: boolean;
  #isOver = false;
  #isMute = false;
  #why: string | undefined;
  #lastTx = 0;
  #ackedTx = 0;

  constructor(host: ConnectionHost, peer: VenuePeer, detail: ConnectionDetail & Accepted) {
    this.#host = host;
    this.#peer = peer;
    this.id = detail.id;
    this.lane = detail.id % LANES;
    this.address = detail.address;
    this.timeUnit = detail.timeUnit;
    this.#isCombined = detail.isCombined;
    this.#timers.push(host.runtime.timers.every(host.limits.pingEveryMs, () => this.probe()));
    this.#live(detail.life);
  }

  get isCombined(): boolean {
    return this.#isCombined;
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Silent for good, whatever it subscribes to. */
  get isMute(): boolean {
    return this.#isMute;
  }

  /** A pong has answered for everything it was sent. */
  get hasAll(): boolean {
    return this.#ackedTx === this.#lastTx;
  }

  /** Why we ended it, where we did. */
  get why(): string | undefined {
    return this.#why;
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

  /** Asks for a pong: once it is here, the client has everything that was sent before. */
  probe(): void {
    if (this.#isOver) return;
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

  pong(payload: Uint8Array): void {
    if (!this.#count()) return;
    const at = this.#pings.findIndex((ping) => ping.payload === hex(payload));
    if (at < 0) return; // unsolicited: allowed, and does not keep the connection alive
    const [answered] = this.#pings.splice(0, at + 1).slice(-1);
    this.#ackedTx = answered!.tx;
    this.#host.acked(this, answered!.tx);
  }

  failed(code: number, reason: string): void {
    this.close(code, reason);
  }

  closed(how: "handshake" | "cut", by: "venue" | "client"): void {
    this.#stop();
    this.#host.gone(this, how, by);
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#why = `${code} ${reason}`.trimEnd();
    this.#stop();
    this.#peer.close(code, reason);
  }

  reset(why?: string): void {
    if (this.#isOver) return;
    this.#why = why;
    this.#stop();
    this.#peer.reset();
  }

  /** What was planned for it does not happen; if it has fallen silent it ends. */
  reprieve(): void {
    for (const cancel of this.#plans.splice(0)) cancel();
    if (this.#isMute) this.reset("was silent");
  }

  #live({ ageMs, noticeMs, end, decay }: Life): void {
    const at = (ms: number, run: () => void) => this.#plans.push(this.#host.runtime.timers.after(Math.max(0, ms), run));
    at(ageMs, () => {
      if (end.by === "reset") {
        this.#host.fault("reset", this);
        this.reset("end of life");
      } else {
        this.#host.fault("closed", this, `with ${end.code}`);
        this.close(end.code, end.reason);
      }
    });
    if (noticeMs > 0) {
      at(ageMs - noticeMs, () => {
        this.#host.fault("noticed", this);
        this.noticeShutdown();
      });
    }
    if (decay !== undefined) at(decay.afterMs, () => this.#decay(decay.to));
  }

  #decay(to: Decay): void {
    this.#host.fault(to, this);
    if (to === "rude") return this.#peer.deafen?.("close");
    this.#isMute = true;
    this.#host.mute(this);
    if (to === "dead") this.#peer.deafen?.("everything");
  }

  /** False when this frame was one too many. */
  #count(): boolean {
    if (this.#isOver) return false;
    const nowMs = this.#host.runtime.clock.monotonicMs();
    while (this.#inboundMs.length > 0 && this.#inboundMs[0]! <= nowMs - 1_000) this.#inboundMs.shift();
    this.#inboundMs.push(nowMs);
    if (this.#inboundMs.length <= this.#host.limits.framesPerSecondMax) return true;
    this.#host.offended(this);
    this.close(1008, "Too many requests");
    return false;
  }

  #stop(): void {
    this.#isOver = true;
    for (const cancel of [...this.#timers.splice(0), ...this.#plans.splice(0)]) cancel();
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
