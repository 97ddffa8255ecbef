import { nextTurn } from "../../lib/next_turn.ts";
import type { Agora } from "../../agora/agora.ts";
import type { EventBase } from "../../events/event_type.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import { ClientFeed, type Rendered } from "./client_feed.ts";
import type { WebSocketEnd, WebSocketHandler } from "./http/web_socket_end.ts";
import type { Paths } from "./paths.ts";
import { StreamRequests } from "./stream_requests.ts";

export interface StreamContext {
  readonly runtime: Pick<Runtime, "clock" | "timers">;
  readonly agora: Agora;
  readonly paths: Paths;
  readonly texts: WeakMap<EventBase, Rendered>;
  /** A client that takes nothing for so long loses events, and after as long again its connection. */
  readonly patienceMs: number;
  /** A client was told of so many events it lost. */
  lost(events: number): void;
  opened(session: StreamSession): void;
  ended(session: StreamSession): void;
}

export interface StreamSession {
  readonly kind: "websocket" | "sse";
  readonly address: string;
  readonly feed: ClientFeed;
}

const WRITE_BYTES = 32 * 1024;
const UNSENT_BYTES_MAX = 64 * 1024; // in the connection; the rest waits in the feed, where it can be conflated
const COMMENT_MS = 5_000; // a proxy between us and the reader sees a living connection
const COMMENT = ": \n\n";
const ENCODER = new TextEncoder();

/** A client's WebSocket: asks in messages, gets its paths in messages. */
export function serveWebSocket(
  context: StreamContext,
  socket: WebSocketEnd,
  address: string,
  patterns: readonly string[],
): WebSocketHandler {
  const { timers } = context.runtime;
  let willPump = false;
  const pump = () => {
    willPump = false;
    while (!feed.isEmpty && socket.bufferedBytes() < UNSENT_BYTES_MAX) socket.send(feed.take(WRITE_BYTES));
  };
  const feed = new ClientFeed(context.agora, context.texts, {
    ready: () => {
      if (!willPump) timers.turn(pump); // all that this turn brings goes in one write
      willPump = true;
    },
    lost: (events) => context.lost(events),
  });
  const requests = new StreamRequests(context.runtime.clock, context.paths, feed);
  const look = timers.every(context.patienceMs, () => {
    if (feed.look() === "stalled") socket.close(1013, "too slow: messages were lost and still nobody reads");
  });
  const session: StreamSession = { kind: "websocket", address, feed };
  context.opened(session);
  const act = ({ answers, close }: ReturnType<StreamRequests["heard"]>) => {
    socket.send(answers);
    if (close !== undefined) socket.close(close.code, close.reason);
  };
  if (patterns.length > 0) act(requests.subscribe(patterns));
  return {
    message: (text) => act(requests.heard(text)),
    drained: pump,
    closed() {
      look();
      feed[Symbol.dispose]();
      context.ended(session);
    },
  };
}

/** The same as a stream of server-sent events; a stalled reader's stream ends. */
export function serverSentEvents(context: StreamContext, address: string, patterns: readonly string[]): Response {
  const { timers } = context.runtime;
  let wake: (() => void) | undefined;
  const feed = new ClientFeed(context.agora, context.texts, { ready: () => wake?.(), lost: (events) => context.lost(events) });
  const requests = new StreamRequests(context.runtime.clock, context.paths, feed);
  const { answers, close } = requests.subscribe(patterns);
  const waiting = ["retry: 1000\n\n", ...answers.map(dataOf)];
  const session: StreamSession = { kind: "sse", address, feed };
  const timersOfIt: Cancel[] = [];
  const end = () => {
    for (const cancel of timersOfIt.splice(0)) cancel();
    feed[Symbol.dispose]();
    context.ended(session);
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      context.opened(session);
      const look = timers.every(context.patienceMs, () => {
        if (feed.look() !== "stalled") return;
        end();
        controller.error(new Error("the reader is too slow"));
      });
      const comment = timers.every(COMMENT_MS, () => {
        if (wake === undefined) return;
        waiting.push(COMMENT);
        wake();
      });
      timersOfIt.push(look, comment);
    },
    async pull(controller) {
      if (waiting.length === 0 && feed.isEmpty) {
        await new Promise<void>((resolve) => wake = resolve);
        wake = undefined;
        await nextTurn(timers);
      }
      const texts = [...waiting.splice(0), ...feed.take(WRITE_BYTES).map(dataOf)];
      if (texts.length > 0) controller.enqueue(ENCODER.encode(texts.join("")));
      if (close === undefined) return;
      end();
      controller.close();
    },
    cancel: end,
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" } });
}

function dataOf(message: string): string {
  return `data: ${message}\n\n`;
}
