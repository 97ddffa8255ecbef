/**
 * Which segments are still needed: one goes when every row in it lies in a day file that is synced. Chunks of a stream are merged in any
 * order, and a chunk's rows may lie in several segments.
 */
export class SegmentLedger {
  readonly #chunksOf = new Map<string, Set<string>>();
  readonly #segmentsOf = new Map<string, Set<string>>();

  /** A segment that is being written, or was found; needed until `settle` says that it has all its rows, and they are merged. */
  add(segment: string): void {
    if (!this.#chunksOf.has(segment)) this.#chunksOf.set(segment, new Set());
  }

  needs(segment: string, chunk: string): void {
    this.add(segment);
    const chunks = this.#chunksOf.get(segment)!;
    if (chunks.has(chunk)) return; // ten times a second of each stream that is lively
    chunks.add(chunk);
    const segments = this.#segmentsOf.get(chunk);
    if (segments === undefined) this.#segmentsOf.set(chunk, new Set([segment]));
    else segments.add(segment);
  }

  merged(chunk: string): void {
    for (const segment of this.#segmentsOf.get(chunk) ?? []) this.#chunksOf.get(segment)?.delete(chunk);
    this.#segmentsOf.delete(chunk);
  }

  /** Segments nothing needs any more. */
  spare(): string[] {
    return [...this.#chunksOf].filter(([, chunks]) => chunks.size === 0).map(([segment]) => segment);
  }

  forget(segment: string): void {
    this.#chunksOf.delete(segment);
  }

  get segments(): number {
    return this.#chunksOf.size;
  }
}

/** A chunk of any generation, as a key. */
export function chunkKey(hash: string, path: string, chunk: number): string {
  return `${hash} ${path} ${chunk}`;
}
