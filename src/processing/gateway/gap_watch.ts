import type { Agora } from "../../agora/agora.ts";
import type { PathNode, Tap } from "../../agora/path_node.ts";
import { gap, type GapEvent } from "../../events/gap.ts";

/** Hears what is missing from the paths somebody holds, as it is published on `{source}/gap/{symbol}`. */
export class GapWatch implements Disposable {
  readonly #heard: (path: string, gap: GapEvent) => void;
  readonly #end: () => void;
  /** Open paths of gap rows. */
  readonly #nodes = new Map<string, PathNode>();
  /** How many held paths a path of gap rows may speak of. */
  readonly #held = new Map<string, number>();
  readonly #tap: Tap;

  /** `path` is the one with the hole; it need not be held. */
  constructor(agora: Agora, heard: (path: string, gap: GapEvent) => void) {
    this.#heard = heard;
    this.#tap = { event: (node, event) => this.#tell(node.path, event as GapEvent) };
    this.#end = agora.follow(`*/${gap.name}/*`, (node) => {
      this.#nodes.set(node.path, node); // takes the place of one that ended, which forgot its taps
      if (this.#held.has(node.path)) node.attach(this.#tap);
    });
  }

  hold(path: string): void {
    const about = gapPathOf(path);
    const count = this.#held.get(about) ?? 0;
    this.#held.set(about, count + 1);
    if (count === 0) this.#nodes.get(about)?.attach(this.#tap);
  }

  release(path: string): void {
    const about = gapPathOf(path);
    const count = this.#held.get(about)! - 1;
    if (count > 0) this.#held.set(about, count);
    else {
      this.#held.delete(about);
      this.#nodes.get(about)?.detach(this.#tap);
    }
  }

  [Symbol.dispose](): void {
    this.#end();
    for (const path of this.#held.keys()) this.#nodes.get(path)?.detach(this.#tap);
    this.#held.clear();
  }

  #tell(path: string, event: GapEvent): void {
    const [source, , symbol] = path.split("/");
    this.#heard(`${source}/${event.dataType}/${symbol}`, event);
  }
}

function gapPathOf(path: string): string {
  const [source, , symbol] = path.split("/");
  return `${source}/${gap.name}/${symbol}`;
}
