import type { Batch } from "../../src/agora/batch.ts";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import { OWN_TYPES } from "../../src/events/registry.ts";

export interface Published {
  readonly type: EventType;
  /** Of its path: it begins anew when the path does. */
  readonly seq: number;
  readonly event: EventBase;
}

/** Everything a subscriber of all paths was told, by path, in order. */
export class PathLog {
  readonly #paths = new Map<string, Published[]>();
  readonly #read: Promise<void>;
  readonly #close: () => void;
  count = 0;

  constructor(subscription: { readonly stream: ReadableStream<Batch>; close(): void }) {
    this.#read = this.#consume(subscription.stream);
    this.#close = () => subscription.close();
  }

  /** Paths the venue sent something for; what the recorder says itself has paths of its own. */
  paths(): string[] {
    return [...this.#paths.keys()].filter((path) => !OWN_TYPES.includes(path.split("/")[1]!)).sort();
  }

  /** Rows of one of the recorder's own types, over all paths. */
  own<T extends EventBase>(type: string): T[] {
    const paths = [...this.#paths.keys()].filter((path) => path.split("/")[1] === type).sort();
    return paths.flatMap((path) => this.of(path).map(({ event }) => event as T));
  }

  of(path: string): readonly Published[] {
    return this.#paths.get(path) ?? [];
  }

  /** Everything that was published has been read when it resolves. Rejects where the subscriber was left behind. */
  end(): Promise<void> {
    this.#close();
    return this.#read;
  }

  async #consume(stream: ReadableStream<Batch>): Promise<void> {
    for await (const { type, paths, seqs, events } of stream) {
      for (const [i, path] of paths.entries()) {
        let log = this.#paths.get(path);
        if (log === undefined) this.#paths.set(path, log = []);
        log.push({ type, seq: seqs[i]!, event: events[i]! });
        this.count++;
      }
    }
  }
}
