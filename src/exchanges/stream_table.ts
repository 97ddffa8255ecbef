const SLOTS_FIRST = 64;
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

interface Entry<V> {
  readonly name: string;
  readonly hash: number;
  readonly value: V;
}

/** Values by stream name, found by a piece of a frame's text without making a string of it: open addressing, at most half full. */
export class StreamTable<V> {
  #slots: (Entry<V> | undefined)[] = new Array(SLOTS_FIRST).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(text: string, from: number, to: number): V | undefined {
    const slots = this.#slots;
    const hash = hashOf(text, from, to);
    for (let at = hash & (slots.length - 1);; at = (at + 1) & (slots.length - 1)) {
      const entry = slots[at];
      if (entry === undefined) return undefined;
      if (entry.hash === hash && entry.name.length === to - from && text.startsWith(entry.name, from)) return entry.value;
    }
  }

  /** For a name that is not there yet. */
  add(name: string, value: V): void {
    if (2 * (this.#size + 1) > this.#slots.length) this.#grow();
    this.#put({ name, hash: hashOf(name, 0, name.length), value });
    this.#size++;
  }

  clear(): void {
    this.#slots = new Array(SLOTS_FIRST).fill(undefined);
    this.#size = 0;
  }

  #grow(): void {
    const entries = this.#slots;
    this.#slots = new Array(2 * entries.length).fill(undefined);
    for (const entry of entries) if (entry !== undefined) this.#put(entry);
  }

  #put(entry: Entry<V>): void {
    const mask = this.#slots.length - 1;
    let at = entry.hash & mask;
    while (this.#slots[at] !== undefined) at = (at + 1) & mask;
    this.#slots[at] = entry;
  }
}

function hashOf(text: string, from: number, to: number): number {
  let hash = FNV_OFFSET;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash ^ (hash >>> 15); // or names that differ at their beginning only would lie together
}
