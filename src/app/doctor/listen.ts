import type { EventBase } from "../../events/event_type.ts";
import type { Codec } from "../../exchanges/codec.ts";
import type { Binding } from "../../network/binding.ts";
import { Subscriber } from "../../network/subscriber.ts";
import type { SocketClosed } from "../../runtime/runtime.ts";
import type { Visit } from "./visit.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** What one socket brought. */
export interface Heard {
  readonly isOpen: boolean;
  /** By type. `lagMs`: receive time less the venue's; undefined where the venue says none. */
  readonly first: ReadonlyMap<string, { readonly symbol: string; readonly afterMs: number; readonly lagMs: number | undefined }>;
  /** Why the first frame that could not be read could not. */
  readonly unreadable: string | undefined;
  /** The first stream the venue refused, and why. */
  readonly refused: string | undefined;
  readonly closing: SocketClosed | undefined;
}

/** Opens a socket, asks for the streams, and is done with the first event of each type, when the time is up, or when the socket ends. */
export function listen({ around, source }: Visit, endpoint: string, bindings: readonly Binding[], codec: Codec): Promise<Heard> {
  const { runtime, waitMs, signal } = around;
  const { clock, timers, sockets } = runtime;
  const types = new Set(bindings.map(({ channel }) => channel.event.name));
  const heard = { isOpen: false, first: new Map(), unreadable: undefined, refused: undefined, closing: undefined } as {
    -readonly [K in keyof Heard]: K extends "first" ? Map<string, { symbol: string; afterMs: number; lagMs: number | undefined }>
      : Heard[K];
  };
  return new Promise((resolve) => {
    const beganMs = clock.monotonicMs();
    const subscriber = new Subscriber(
      timers,
      source,
      (text) => socket.send(text),
      (stream, why) => heard.refused ??= `${stream}: ${why}`,
    );
    const stop = () => socket.terminate();
    const cancel = timers.after(CONNECT_TIMEOUT_MS + waitMs, stop);
    let cancelWait = () => {};
    const took = (type: string, symbol: string, [event]: readonly EventBase[]) => {
      if (event === undefined || heard.first.has(type)) return;
      const lagMs = event.eventTime === undefined ? undefined : Math.round((event.recvTime - event.eventTime) / 1_000);
      heard.first.set(type, { symbol, afterMs: clock.monotonicMs() - beganMs, lagMs });
      if (heard.first.size === types.size) stop();
    };
    const socket = sockets.connect(source.socketUrl(endpoint), {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      pingEveryMs: source.heartbeat.pingEveryMs,
      silentAfterMs: source.heartbeat.silentAfterMs,
      frameBytesMax: source.limits.inboundBytesMax,
    }, {
      opened() {
        heard.isOpen = true;
        if (bindings.length === 0) return stop();
        cancelWait = timers.after(waitMs, stop);
        subscriber.subscribe(bindings.map(({ stream }) => stream));
      },
      frame(text) {
        const decoded = codec.decode(text, clock.wallTime());
        if (decoded.kind === "events") return took(decoded.channel.event.name, decoded.symbol, decoded.events);
        if (decoded.kind === "bad") return void (heard.unreadable ??= decoded.error.message);
        if (decoded.classified.kind === "ack") subscriber.acked(decoded.classified.id);
        if (decoded.classified.kind === "error") subscriber.refused(decoded.classified.id, decoded.classified.message);
      },
      closed(closing) {
        cancel();
        cancelWait();
        subscriber.stop();
        signal.removeEventListener("abort", stop);
        resolve({ ...heard, closing });
      },
    });
    signal.addEventListener("abort", stop);
  });
}
