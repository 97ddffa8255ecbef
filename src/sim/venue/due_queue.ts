/** Items by the time they are due, earliest first; equal times in the order they were put in. A binary heap. */
export class DueQueue<T> {
  readonly #heap: { readonly time: number; readonly order: number; readonly item: T }[] = [];
  #order = 0;

  nextTime(): number {
    return this.#heap[0]?.time ?? Infinity;
  }

  put(time: number, item: T): void {
    const heap = this.#heap;
    const entry = { time, order: this.#order++, item };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  take(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length === 0) return first.item;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first.item;
  }
}

interface Due {
  readonly time: number;
  readonly order: number;
}

function isBefore(a: Due, b: Due): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
