import type { Disk } from "../../runtime/runtime.ts";
import { type DiskNode, FileNode, FolderNode } from "./disk_nodes.ts";
import type { Lifetime } from "./lifetime.ts";
import { MountedDisk } from "./mounted_disk.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { systemError } from "./virtual_file.ts";

/** Operations that change something, as `failOn` and a count of them name them. Opening counts where it is for writing. */
export type DiskOp =
  | "open"
  | "append"
  | "truncate"
  | "sync"
  | "rename"
  | "remove"
  | "makeFolder"
  | "removeFolder"
  | "syncFolder"
  | "lock";

/** What happens to the n-th operation, counted from 1. It may also end the program: it then gets no answer at all. */
export type DiskVerdict = (op: DiskOp, path: string, n: number) => "EIO" | "ENOSPC" | undefined;

/** Where a path leads: the folder it lies in, its last name there ("" for the root), and what has that name. */
export interface Place {
  readonly folder: FolderNode;
  readonly name: string;
  readonly node: DiskNode | undefined;
}

export interface DiskOptions {
  readonly capacityBytes: number;
  readonly wallTime: () => number;
  readonly random: SeededRandom;
}

const NAME_BYTES_MAX = 255;

/** The disk of one simulated machine. Programs come and go; it remembers what they wrote, and what of it was made durable. */
export class VirtualDisk {
  capacityBytes: number;
  readonly wallTime: () => number;
  readonly #random: SeededRandom;
  readonly #root: FolderNode;
  readonly #locks = new Set<FileNode>();
  #inodes = 1;
  #usedBytes = 0;
  #operations = 0;
  #verdict: DiskVerdict = () => undefined;

  constructor({ capacityBytes, wallTime, random }: DiskOptions) {
    this.capacityBytes = capacityBytes;
    this.wallTime = wallTime;
    this.#random = random;
    this.#root = new FolderNode(this.#inodes++, wallTime());
  }

  /** The disk as one program sees it; relative paths begin at `folder`. When the program is over its files close and its locks fall. */
  mount(life: Lifetime, folder: string): Disk {
    return new MountedDisk(this, life, folder).disk;
  }

  // ── what a test does to it, and asks ───────────────────────────────────────────────────────────────────────────────────

  /** Asked about every operation from now on; the count begins anew. */
  failOn(verdict: DiskVerdict): void {
    this.#operations = 0;
    this.#verdict = verdict;
  }

  /** Since `failOn` was called, or since the beginning. */
  get operations(): number {
    return this.#operations;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Only what was synced is left: a file's synced bytes, under the names its folder had at the folder's last sync. With `isTorn`, a seeded
   * part of the rest is there too, as a real disk may have it: some changes of folders, and the beginnings of files, with pages of zeros.
   */
  powerCut({ isTorn = false }: { readonly isTorn?: boolean } = {}): void {
    const random = isTorn ? this.#random : undefined;
    this.#locks.clear();
    this.#usedBytes = 0;
    const seen = new Set<DiskNode>();
    const lose = (node: DiskNode) => {
      if (node instanceof FileNode) {
        if (!seen.has(node)) {
          node.holders = 0;
          node.lose(random);
          this.#usedBytes += node.size;
        }
        node.holders++;
        seen.add(node);
        return;
      }
      node.lose(random);
      for (const name of node.names()) lose(node.get(name)!);
    };
    lose(this.#root);
  }

  /** Every file with its bytes, by path, sorted: two runs of one seed agree on it. */
  files(): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    const walk = (folder: FolderNode, path: string) => {
      for (const name of folder.names()) {
        const node = folder.get(name)!;
        if (node instanceof FolderNode) walk(node, `${path}/${name}`);
        else files.set(`${path}/${name}`, node.read(0, node.size));
      }
    };
    walk(this.#root, "");
    return files;
  }

  // ── what a mounted disk is made of ─────────────────────────────────────────────────────────────────────────────────────

  /** Throws ENOENT and ENOTDIR for what lies on the way, and ENAMETOOLONG. */
  place(path: string): Place {
    const names = path.split("/").filter((name) => name !== "");
    const name = names.pop() ?? "";
    let folder = this.#root;
    for (const each of names) {
      const next = folder.get(checked(each));
      if (next === undefined) throw systemError("ENOENT");
      if (next instanceof FileNode) throw systemError("ENOTDIR");
      folder = next;
    }
    return { folder, name, node: name === "" ? folder : folder.get(checked(name)) };
  }

  /** Throws what the test wants thrown. */
  check(op: DiskOp, path: string): void {
    const code = this.#verdict(op, path, ++this.#operations);
    if (code !== undefined) throw systemError(code);
  }

  makeFile(folder: FolderNode, name: string): FileNode {
    const node = new FileNode(this.#inodes++, this.wallTime());
    this.link(folder, name, node);
    return node;
  }

  makeFolder(folder: FolderNode, name: string): void {
    this.link(folder, name, new FolderNode(this.#inodes++, this.wallTime()));
  }

  /** Names a node, or takes the name away; whatever had it before has one holder less. */
  link(folder: FolderNode, name: string, node: DiskNode | undefined, twin?: Omit<Place, "node">): void {
    if (node instanceof FileNode) node.holders++;
    folder.modifiedTime = this.wallTime();
    const before = folder.set(name, node, twin);
    if (before instanceof FileNode) this.release(before);
  }

  release(node: FileNode): void {
    if (--node.holders === 0) this.#usedBytes -= node.size;
  }

  /** As much as there is room for. */
  write(node: FileNode, offset: number, bytes: Uint8Array): void {
    const room = Math.max(0, this.capacityBytes - this.#usedBytes + Math.max(0, node.size - offset));
    const before = node.size;
    node.write(offset, bytes.length <= room ? bytes : bytes.subarray(0, room));
    node.modifiedTime = this.wallTime();
    this.#usedBytes += node.size - before;
    if (bytes.length > room) throw systemError("ENOSPC");
  }

  truncate(node: FileNode, length: number): void {
    this.#usedBytes += length - node.size;
    node.truncate(length);
    node.modifiedTime = this.wallTime();
  }

  /** False when someone has it. */
  lock(node: FileNode): boolean {
    if (this.#locks.has(node)) return false;
    this.#locks.add(node);
    return true;
  }

  unlock(node: FileNode): void {
    this.#locks.delete(node);
  }
}

function checked(name: string): string {
  if (name.length * 3 > NAME_BYTES_MAX && new TextEncoder().encode(name).length > NAME_BYTES_MAX) throw systemError("ENAMETOOLONG");
  return name;
}
