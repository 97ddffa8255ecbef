import type { Agora } from "../../agora/agora.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import { ClientFeed, type SharedByFeeds } from "./client_feed.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Paths } from "./paths.ts";
import { type Reply, StreamRequests } from "./stream_requests.ts";

export interface StreamContext extends SharedByFeeds {
  readonly runtime: Pick<Runtime, "clock" | "timers">;
  readonly agora: Agora;
  readonly paths: Paths;
  readonly deliveries: Deliveries;
  /** A client that takes nothing for so long loses events, and after as long again its connection. */
  readonly patienceMs: number;
  /** A client was told of so many events it lost. */
  lost(events: number): void;
  opened(session: StreamSession): void;
  ended(session: StreamSession): void;
}

/** A client's connection, whatever its protocol: each message is UTF-8. */
export interface Line {
  readonly kind: "websocket" | "sse";
  readonly address: string;
  send(messages: readonly Uint8Array[]): void;
  /** Bytes sent that the kernel has not taken yet. */
  bufferedBytes(): number;
  end(code: number, reason: string): void;
}

const WRITE_BYTES = 128 * 1024; // of one turn: a fifth of a millisecond
const ASKED_MS = 1; // of a turn, for what it asks; one pattern is held against nine thousand paths in that time
const UNSENT_BYTES_MAX = 64 * 1024; // in the connection; the rest waits in the feed, where it can be conflated
const ENCODER = new TextEncoder();

/** One client of `/v1/stream`: asks for paths, gets their messages as fast as it reads. */
export class StreamSession {
  readonly feed: ClientFeed;
  readonly #context: StreamContext;
  readonly #line: Line;
  readonly #requests: StreamRequests;
  readonly #cancelLook: Cancel;
  #isWaiting = false;
  #isOver = false;

  constructor(context: StreamContext, line: Line) {
    this.#context = context;
    this.#line = line;
    this.feed = new ClientFeed(context.agora, context, { ready: () => this.#wait("due"), lost: (events) => context.lost(events) });
    this.#requests = new StreamRequests(context.runtime.clock, context.paths, this.feed);
    this.#cancelLook = context.runtime.timers.every(context.patienceMs, () => {
      if (this.feed.look() === "stalled") line.end(1013, "too slow: messages were lost and still nobody reads");
    });
    context.opened(this);
  }

  get kind(): Line["kind"] {
    return this.#line.kind;
  }

  get address(): string {
    return this.#line.address;
  }

  /** It asked for something, and all of it was acted on. */
  get isListening(): boolean {
    return this.feed.patterns > 0 && !this.#requests.isWaiting;
  }

  subscribe(patterns: readonly string[]): void {
    this.#requests.ask("subscribe", patterns);
    this.#wait("late");
  }

  /** Undefined for a binary message, which nobody here reads. */
  heard(text: string | undefined): void {
    this.#act(this.#requests.heard(text));
    if (this.#requests.isWaiting) this.#wait("late");
  }

  /** The kernel took what was waiting. */
  drained(): void {
    if (!this.feed.isEmpty) this.#wait("late");
  }

  /** The connection is gone. */
  closed(): void {
    this.#isOver = true;
    this.#cancelLook();
    this.feed[Symbol.dispose]();
    this.#context.ended(this);
  }

  #act({ answers, close }: Reply): void {
    this.#line.send(answers.map((answer) => ENCODER.encode(answer)));
    if (close !== undefined) this.#line.end(close.code, close.reason);
  }

  #wait(row: "due" | "late"): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#context.deliveries[row](this.#portion);
  }

  readonly #portion = (): boolean => {
    const untilMs = this.#context.runtime.clock.monotonicMs() + ASKED_MS;
    while (this.#isAsking() && this.#context.runtime.clock.monotonicMs() < untilMs) this.#act(this.#requests.act());
    if (this.#canTake()) this.#line.send(this.feed.take(WRITE_BYTES));
    return this.#isWaiting = this.#isAsking() || this.#canTake();
  };

  #isAsking(): boolean {
    return !this.#isOver && this.#requests.isWaiting;
  }

  #canTake(): boolean {
    return !this.#isOver && !this.feed.isEmpty && this.#line.bufferedBytes() < UNSENT_BYTES_MAX;
  }
}
