import type { EventBase } from "../events/event_type.ts";
import type { PathNode } from "./path_node.ts";

/** Who opened the path. */
export interface PathOwner {
  close(node: PathNode, isBroken: boolean): void;
}

/** The one writer of a path. */
export class Publisher<T extends EventBase> {
  readonly path: string;
  readonly #node: PathNode;
  readonly #owner: PathOwner;
  #writable: WritableStream<readonly T[]> | undefined;

  constructor(node: PathNode, owner: PathOwner) {
    this.path = node.path;
    this.#node = node;
    this.#owner = owner;
  }

  get last(): T | undefined {
    return this.#node.last as T | undefined;
  }

  get seq(): number {
    return this.#node.seq;
  }

  get isClosed(): boolean {
    return this.#node.isClosed;
  }

  /** Everyone who listens has the event when it returns. After `close` it does nothing. */
  publishOne(event: T): void {
    if (!this.#node.isClosed) this.#node.publish(event, false);
  }

  publish(events: readonly T[]): void {
    for (let i = 0; i < events.length; i++) this.publishOne(events[i]!);
  }

  /** Events older than the newest, fetched later: everyone who listens hears them, `last` stays what it is. */
  publishPast(events: readonly T[]): void {
    for (const event of events) if (!this.#node.isClosed) this.#node.publish(event, true);
  }

  /** The same as a web stream: one chunk is one `publish`. Closing it closes the path. */
  get writable(): WritableStream<readonly T[]> {
    this.#writable ??= new WritableStream<readonly T[]>({
      write: (events) => this.publish(events),
      close: () => this.close(),
      abort: () => this.close(),
    });
    return this.#writable;
  }

  /** Ends the path. `isBroken`: what fed it ended by itself, and may have been deaf for a while. Calling it again does nothing. */
  close(isBroken = false): void {
    if (!this.#node.isClosed) this.#owner.close(this.#node, isBroken);
  }
}
