import * as fs from "node:fs";

/** Number of the newest event of each path that anybody had been told by then. */
export interface Known {
  readonly atMs: number;
  readonly newest: ReadonlyMap<string, number>;
}

const WRITE_CHARS = 1 << 20;

/**
 * Everything any client of the crowd was told, each event once: whoever is told it again, on another connection, must be told the very same.
 * The texts go to a file, to be compared with what the venue says it sent.
 */
export class Told {
  readonly #file: number;
  readonly #hashes = new Map<string, Map<number, number>>();
  readonly #newest = new Map<string, number>();
  #unwritten: string[] = [];
  #chars = 0;
  distinct = 0;

  constructor(file: string) {
    this.#file = fs.openSync(file, "w");
  }

  /** False when somebody was told something else under that number. */
  note(path: string, seq: number, text: string): boolean {
    let hashes = this.#hashes.get(path);
    if (hashes === undefined) this.#hashes.set(path, hashes = new Map());
    const hash = hashOf(text);
    const known = hashes.get(seq);
    if (known !== undefined) return known === hash;
    hashes.set(seq, hash);
    this.distinct++;
    if (seq > (this.#newest.get(path) ?? 0)) this.#newest.set(path, seq);
    this.#keep(text);
    return true;
  }

  /** The value a client began with. */
  noteCurrent(text: string): void {
    this.#keep(text);
  }

  newest(): Known {
    return { atMs: performance.now(), newest: new Map(this.#newest) };
  }

  close(): void {
    this.#write();
    fs.closeSync(this.#file);
  }

  #keep(text: string): void {
    this.#unwritten.push(text);
    this.#chars += text.length;
    if (this.#chars > WRITE_CHARS) this.#write();
  }

  #write(): void {
    fs.writeSync(this.#file, this.#unwritten.map((text) => `${text}\n`).join(""));
    this.#unwritten = [];
    this.#chars = 0;
  }
}

/** FNV-1a: two texts that differ are told apart but for one pair in four thousand millions. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
