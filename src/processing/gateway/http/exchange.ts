import type { WebSocketEnd, WebSocketHandler } from "./web_socket_end.ts";

/** One request and who sent it. Everything above is written against the web's own Request and Response. */
export interface Exchange {
  readonly request: Request;
  /** As sent, path and query apart: `Request.url` has resolved dots and changed letters. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The peer's address without its port. */
  readonly address: string;
}

/** The request becomes a WebSocket. */
export interface Upgrade {
  readonly upgrade: (socket: WebSocketEnd) => WebSocketHandler;
  /** The subprotocol agreed on. */
  readonly protocol?: string;
}

/** The body is pushed for as long as both sides like; its end is the connection's. */
export interface Push {
  /** Status and headers. */
  readonly response: Response;
  readonly push: (body: PushedBody) => PushHandler;
}

export interface PushedBody {
  write(bytes: Uint8Array): void;
  /** Bytes written that the kernel has not taken yet. */
  bufferedBytes(): number;
  /** What was written still goes out. */
  end(): void;
  cut(): void;
}

export interface PushHandler {
  /** The kernel took what was waiting. */
  drained(): void;
  /** Called exactly once. */
  closed(): void;
}

export type Answer = Response | Upgrade | Push;

/** Never rejects: whoever implements it turns what goes wrong into a Response. */
export type Answerer = (exchange: Exchange) => Promise<Answer>;
