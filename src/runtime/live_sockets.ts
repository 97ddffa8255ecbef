/** [socket] ▸ worker ▸ codec ▸ router ▸ path ▸ buffer ▸ chunk ▸ day file.  In: what a runtime's WebSocket tells. Out: frames, and one `closed`. */
import type { Cancel, Clock, ConnectOptions, Socket, SocketClosed, SocketHandler, Sockets, Timers } from "./runtime.ts";

/** A runtime's own WebSocket, reduced to what both can do. */
export interface Wire {
  isOpen(): boolean;
  send(text: string): void;
  ping(): void;
  /** Frees the descriptor at once, in every state. */
  terminate(): void;
}

export interface WireEvents {
  opened(): void;
  /** A ping or a pong. */
  heard(): void;
  message(data: string | Uint8Array): void;
  /** The first call ends the connection; later ones are ignored, because error and close come in any order and number. */
  ended(closing: SocketClosed): void;
}

export type OpenWire = (url: string, options: ConnectOptions, events: WireEvents) => Wire;

const LOOKS_PER_PERIOD = 4; // a deadline is kept to a quarter of the ping period, with one timer instead of one an inbound frame

/** Liveness is ours: neither runtime notices a peer that is gone. */
export function liveSockets(clock: Clock, timers: Timers, openWire: OpenWire): Sockets {
  return { connect: (url, options, handler) => new LiveSocket({ clock, timers }, openWire, url, options, handler) };
}

class LiveSocket implements Socket {
  readonly url: string;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #options: ConnectOptions;
  readonly #handler: SocketHandler;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #wire: Wire | undefined;
  #state: "connecting" | "open" | "closed" = "connecting";
  #cancel: Cancel;
  #wasHeard = false;
  #silentMs = 0;
  #sincePingMs = 0;
  #lookedAtMs = 0;

  constructor(world: { clock: Clock; timers: Timers }, openWire: OpenWire, url: string, options: ConnectOptions, handler: SocketHandler) {
    this.url = url;
    this.#clock = world.clock;
    this.#timers = world.timers;
    this.#options = options;
    this.#handler = handler;
    this.#cancel = world.timers.after(
      options.connectTimeoutMs,
      () => this.#end({ cause: "timeout", detail: `not open after ${options.connectTimeoutMs} ms` }),
    );
    try {
      this.#wire = openWire(url, options, {
        opened: () => this.#opened(),
        heard: () => this.#wasHeard = true,
        message: (data) => this.#message(data),
        ended: (closing) => this.#end(closing),
      });
    } catch (error) {
      this.#endLater({ cause: "error", detail: error instanceof Error ? error.message : String(error) });
    }
  }

  send(text: string): boolean {
    if (this.#state !== "open" || this.#wire?.isOpen() !== true) return false;
    this.#wire.send(text);
    return true;
  }

  terminate(): void {
    if (this.#state !== "closed") this.#endLater({ cause: "terminated", detail: "by us" });
  }

  #opened(): void {
    if (this.#state !== "connecting") return;
    this.#state = "open";
    this.#cancel();
    this.#lookedAtMs = this.#clock.monotonicMs();
    const periodMs = Math.min(this.#options.pingEveryMs, this.#options.silentAfterMs) / LOOKS_PER_PERIOD;
    this.#cancel = this.#timers.every(periodMs, () => this.#look(periodMs));
    this.#handler.opened();
  }

  #message(data: string | Uint8Array): void {
    if (this.#state !== "open") return;
    this.#wasHeard = true;
    // A text's length is at most its bytes: exact bytes are not worth a second pass over every frame.
    if (data.length > this.#options.frameBytesMax) {
      this.#end({ cause: "too_big", detail: `message of ${data.length} bytes, ${this.#options.frameBytesMax} allowed` });
      return;
    }
    const text = typeof data === "string" ? data : this.#decoded(data);
    if (text !== undefined) this.#handler.frame(text);
  }

  #decoded(data: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(data);
    } catch {
      this.#end({ cause: "error", detail: "binary message is not UTF-8" });
      return undefined;
    }
  }

  #look(periodMs: number): void {
    const now = this.#clock.monotonicMs();
    // While our own loop was blocked we heard nothing because we did not listen: that time is not the peer's.
    const elapsedMs = Math.min(now - this.#lookedAtMs, 2 * periodMs);
    this.#lookedAtMs = now;
    if (this.#wire?.isOpen() !== true) return this.#end({ cause: "ended", detail: "the peer is closing" });
    if (this.#wasHeard) {
      this.#wasHeard = false;
      this.#silentMs = 0;
      this.#sincePingMs = 0;
      return;
    }
    this.#silentMs += elapsedMs;
    this.#sincePingMs += elapsedMs;
    if (this.#silentMs >= this.#options.silentAfterMs) {
      this.#end({ cause: "stalled", detail: `nothing received for ${Math.round(this.#silentMs)} ms` });
    } else if (this.#sincePingMs >= this.#options.pingEveryMs) {
      this.#sincePingMs = 0;
      this.#wire.ping();
    }
  }

  /** For ends the caller itself brings about: it gets its socket, and returns, before it hears `closed`. */
  #endLater(closing: SocketClosed): void {
    this.#release();
    this.#timers.after(0, () => this.#handler.closed(closing));
  }

  #end(closing: SocketClosed): void {
    if (this.#state === "closed") return;
    this.#release();
    this.#handler.closed(closing);
  }

  #release(): void {
    this.#state = "closed";
    this.#cancel();
    this.#wire?.terminate();
  }
}
