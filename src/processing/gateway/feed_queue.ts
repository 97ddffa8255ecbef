import type { EventBase, EventType } from "../../events/event_type.ts";

/** What waits to be told, of a route of the client's. */
export interface Entry<Route> {
  readonly route: Route;
  readonly type: EventType;
  /** Undefined for a gap row about the path: it is none of the path's events, and has no number. */
  readonly seq: number | undefined;
  readonly event: EventBase;
  readonly bytes: number;
}

const TAKEN_MAX = 4_096; // entries that were taken and are still held, unless that is less than half of all

/** What waits for one client, in order. */
export class FeedQueue<Route> {
  #entries: Entry<Route>[] = [];
  /** Entries before it were taken. */
  #from = 0;
  #bytes = 0;
  #gaps = 0;

  get isEmpty(): boolean {
    return this.#from === this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get gaps(): number {
    return this.#gaps;
  }

  push(entry: Entry<Route>): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    if (entry.seq === undefined) this.#gaps++;
  }

  /** The next, which must be there. */
  take(): Entry<Route> {
    const entry = this.#entries[this.#from++]!;
    this.#bytes -= entry.bytes;
    if (entry.seq === undefined) this.#gaps--;
    if (this.isEmpty || (this.#from > TAKEN_MAX && this.#from > this.#entries.length / 2)) {
      this.#entries = this.#entries.slice(this.#from);
      this.#from = 0;
    }
    return entry;
  }

  keep(isKept: (entry: Entry<Route>) => boolean): void {
    const entries = this.#entries.slice(this.#from).filter(isKept);
    this.clear();
    for (const entry of entries) this.push(entry);
  }

  /** Of the events of that type only the newest of each route. */
  conflate(type: string): void {
    const newest = new Map<Route, Entry<Route>>();
    for (let at = this.#from; at < this.#entries.length; at++) {
      const entry = this.#entries[at]!;
      if (entry.type.name === type) newest.set(entry.route, entry);
    }
    this.keep((entry) => entry.type.name !== type || newest.get(entry.route) === entry);
  }

  clear(): void {
    this.#entries = [];
    this.#from = 0;
    this.#bytes = 0;
    this.#gaps = 0;
  }
}
