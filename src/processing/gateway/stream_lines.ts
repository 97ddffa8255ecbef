import type { Push, Upgrade } from "./http/exchange.ts";
import { type StreamContext, StreamSession } from "./stream_session.ts";

const COMMENT_MS = 5_000; // a proxy between us and the reader sees a living connection
const ENCODER = new TextEncoder();
const COMMENT = ENCODER.encode(": \n\n");
const RETRY = ENCODER.encode("retry: 1000\n\n");
const DATA = ENCODER.encode("data: ");
const END = ENCODER.encode("\n\n");
const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };

/** A client's WebSocket: asks in messages, gets its paths in messages. */
export function webSocketLine(context: StreamContext, address: string, patterns: readonly string[], protocol?: string): Upgrade {
  const upgrade: Upgrade["upgrade"] = (socket) => {
    const session = new StreamSession(context, {
      kind: "websocket",
      address,
      send: (messages) => socket.send(messages),
      bufferedBytes: () => socket.bufferedBytes(),
      end: (code, reason) => socket.close(code, reason),
    });
    if (patterns.length > 0) session.subscribe(patterns);
    return {
      message: (text) => session.heard(text),
      drained: () => session.drained(),
      closed: () => session.closed(),
    };
  };
  return protocol === undefined ? { upgrade } : { upgrade, protocol };
}

/** The same as a stream of server-sent events; a stalled reader's stream ends. */
export function eventStreamLine(context: StreamContext, address: string, patterns: readonly string[]): Push {
  return {
    response: new Response(null, { headers: HEADERS }),
    push(body) {
      let wasSilent = false;
      const session = new StreamSession(context, {
        kind: "sse",
        address,
        send(messages) {
          if (messages.length === 0) return;
          wasSilent = false;
          body.write(eventStreamBytes(messages));
        },
        bufferedBytes: () => body.bufferedBytes(),
        // Of a reader that stopped, what was written would never go out.
        end: () => body.bufferedBytes() === 0 ? body.end() : body.cut(),
      });
      const cancelComments = context.runtime.timers.every(COMMENT_MS, () => {
        if (wasSilent && body.bufferedBytes() === 0) body.write(COMMENT);
        wasSilent = true;
      });
      body.write(RETRY);
      session.subscribe(patterns);
      return {
        drained: () => session.drained(),
        closed() {
          cancelComments();
          session.closed();
        },
      };
    },
  };
}

function eventStreamBytes(messages: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, { length }) => sum + DATA.length + length + END.length, 0));
  let at = 0;
  for (const message of messages) {
    bytes.set(DATA, at);
    bytes.set(message, at + DATA.length);
    at += DATA.length + message.length + END.length;
    bytes.set(END, at - END.length);
  }
  return bytes;
}
