import type { Agora } from "../../agora/agora.ts";
import type { PathNode, Tap } from "../../agora/path_node.ts";
import type { EventBase } from "../../events/event_type.ts";

/** What a recorder says itself while another one has the data path: thousands of instruments, and the life of its sockets. */
export class HeldRows {
  readonly #end: () => void;
  readonly #taps: (readonly [node: PathNode, tap: Tap])[] = [];
  #rows: (readonly [path: string, event: EventBase])[] = [];

  constructor(agora: Agora) {
    this.#end = agora.follow("*/*/*", (node) => {
      const tap: Tap = { event: ({ path }, event) => void this.#rows.push([path, event]) };
      this.#taps.push([node, tap]);
      node.attach(tap);
    });
  }

  /** In the order they were said. It hears nothing more. */
  release(take: (path: string, event: EventBase) => void): void {
    this.#end();
    for (const [node, tap] of this.#taps.splice(0)) node.detach(tap);
    for (const [path, event] of this.#rows) take(path, event);
    this.#rows = [];
  }
}
