import type { Agora } from "../../agora/agora.ts";
import type { Tap } from "../../agora/path_node.ts";
import { gap, type GapEvent } from "../../events/gap.ts";
import { partsOf } from "../../lib/stream_path.ts";

/** `path` is the one with the hole. */
export type GapListener = (path: string, gap: GapEvent) => void;

/** Tells all clients what is missing from any path, as it is published on `{source}/gap/{symbol}`; few rows, so each client looks whether it cares. */
export class GapWatch implements Disposable {
  readonly #listeners = new Set<GapListener>();
  readonly #end: () => void;

  constructor(agora: Agora) {
    const tap: Tap = {
      event: ({ path }, event) => {
        const { source, symbol } = partsOf(path);
        const { dataType } = event as GapEvent;
        for (const hear of this.#listeners) hear(`${source}/${dataType}/${symbol}`, event as GapEvent);
      },
    };
    this.#end = agora.follow(`*/${gap.name}/*`, (node) => node.attach(tap));
  }

  /** Until what it returns is called. */
  hear(listener: GapListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#end();
    this.#listeners.clear();
  }
}
