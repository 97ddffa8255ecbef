import type { SeededRandom } from "./seeded_random.ts";

const PAGE_BYTES = 4_096; // what reaches a platter whole or not at all

/** A file's bytes: as programs see them, and as they would be after the power failed. */
export class FileNode {
  readonly inode: number;
  modifiedTime: number;
  /** Folders that name it, and programs that have it open: at 0 its space is free again. */
  holders = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #size = 0;
  /** Every byte before it is durable, unless `#durable` says what is instead. */
  #syncedSize = 0;
  /** Kept from the first change of synced bytes to the next sync. */
  #durable: Uint8Array | undefined;
  /** Stretches whose sync failed: the system has forgotten that they are not on the disk. */
  #lost: (readonly [from: number, to: number])[] = [];

  constructor(inode: number, modifiedTime: number) {
    this.inode = inode;
    this.modifiedTime = modifiedTime;
  }

  get size(): number {
    return this.#size;
  }

  /** Shorter than asked for where the file ends. */
  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, Math.min(this.#size, offset + length));
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#beforeChange(offset);
    const end = offset + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, offset);
    this.#size = Math.max(this.#size, end);
  }

  truncate(length: number): void {
    this.#beforeChange(length);
    if (length > this.#size) this.write(this.#size, new Uint8Array(length - this.#size));
    this.#bytes.fill(0, length, this.#size);
    this.#size = length;
  }

  sync(): void {
    this.#syncedSize = this.#size;
    this.#durable = undefined;
  }

  /** The pages count as clean from now on, and are not written: as Linux does it. */
  syncFailed(): void {
    this.#lost.push([this.#syncedSize, this.#size]);
  }

  /** The power failed. With `random`, what was not synced may be there too, in part and with holes. */
  lose(random: SeededRandom | undefined): void {
    const kept = this.#durable ?? this.#bytes.slice(0, this.#syncedSize);
    for (const [from, to] of this.#lost) kept.fill(0, from, Math.min(to, kept.length));
    this.#bytes = random === undefined || this.#durable !== undefined ? kept : this.#torn(kept, random);
    this.#size = this.#bytes.length;
    this.#lost = [];
    this.sync();
  }

  #beforeChange(offset: number): void {
    if (offset < this.#syncedSize) this.#durable ??= this.#bytes.slice(0, this.#syncedSize);
  }

  #torn(kept: Uint8Array, random: SeededRandom): Uint8Array {
    const size = kept.length + random.below(this.#size - kept.length + 1);
    const bytes = this.#bytes.slice(0, size);
    bytes.set(kept.subarray(0, size));
    for (let page = Math.floor(kept.length / PAGE_BYTES); page * PAGE_BYTES < size; page++) {
      const from = Math.max(kept.length, page * PAGE_BYTES);
      if (random.below(4) === 0) bytes.fill(0, from, Math.min(size, (page + 1) * PAGE_BYTES));
    }
    return bytes;
  }
}

export type DiskNode = FileNode | FolderNode;

/** Names in one folder, unsynced. A rename between two folders is one change of both. */
interface Change {
  readonly folder: FolderNode;
  readonly name: string;
}

/** A folder's names: as programs see them, and as they would be after the power failed. */
export class FolderNode {
  readonly inode: number;
  modifiedTime: number;
  readonly #entries = new Map<string, DiskNode>();
  readonly #durable = new Map<string, DiskNode>();
  /** Names that differ between the two, in order of their change, each with what became durable together with it. */
  readonly #changed = new Map<string, Change | undefined>();

  constructor(inode: number, modifiedTime: number) {
    this.inode = inode;
    this.modifiedTime = modifiedTime;
  }

  get(name: string): DiskNode | undefined {
    return this.#entries.get(name);
  }

  /** Sorted. */
  names(): string[] {
    return [...this.#entries.keys()].sort();
  }

  /** Returns what had that name. */
  set(name: string, node: DiskNode | undefined, twin?: Change): DiskNode | undefined {
    const before = this.#entries.get(name);
    if (node === undefined) this.#entries.delete(name);
    else this.#entries.set(name, node);
    this.#changed.delete(name);
    this.#changed.set(name, twin);
    return before;
  }

  sync(): void {
    for (const name of [...this.#changed.keys()]) this.#commit(name);
  }

  /** The power failed. With `random`, the first few changes that were not synced may be there too. */
  lose(random: SeededRandom | undefined): void {
    if (random !== undefined) {
      const changed = [...this.#changed.keys()];
      for (const name of changed.slice(0, random.below(changed.length + 1))) this.#commit(name);
    }
    this.#changed.clear();
    this.#entries.clear();
    for (const [name, node] of this.#durable) this.#entries.set(name, node);
  }

  #commit(name: string): void {
    const twin = this.#changed.get(name);
    this.#changed.delete(name);
    const node = this.#entries.get(name);
    if (node === undefined) this.#durable.delete(name);
    else this.#durable.set(name, node);
    if (twin !== undefined && twin.folder.#changed.has(twin.name)) twin.folder.#commit(twin.name);
  }
}
