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

/** Never rejects: whoever implements it turns what goes wrong into a Response. */
export type Answerer = (exchange: Exchange) => Promise<Response | Upgrade>;
