import { StorageError } from "../../lib/errors.ts";
import { attempt, codeOf } from "../../runtime/storage_failure.ts";
import type { Disk, DiskEntry, DiskFile, DiskLock, DiskStat, OpenMode } from "../../runtime/runtime.ts";
import { FileNode, FolderNode } from "./disk_nodes.ts";
import type { Lifetime } from "./lifetime.ts";
import type { DiskOp, Place, VirtualDisk } from "./virtual_disk.ts";
import { type FileOwner, systemError, VirtualFile } from "./virtual_file.ts";

const STREAM_CHUNK_BYTES = 1 << 20; // as on the real disk
const NOWHERE = new FolderNode(0, 0);

/**
 * One program's view of a disk: the port, with the system's errors and the program's open files and locks. A program that is over changes
 * nothing any more: what it still calls throws.
 */
export class MountedDisk implements FileOwner {
  readonly disk: Disk;
  readonly #disk: VirtualDisk;
  readonly #life: Lifetime;
  readonly #folder: string;
  readonly #open = new Map<VirtualFile, FileNode>();
  readonly #locks = new Set<FileNode>();

  constructor(disk: VirtualDisk, life: Lifetime, folder: string) {
    this.#disk = disk;
    this.#life = life;
    this.#folder = folder;
    life.onEnd(() => this.#letGo());
    this.disk = {
      open: (path, mode) => this.#attempt("open", path, (full) => this.#openFile(path, full, mode)),
      read: (path) => this.#attempt("read", path, (full) => this.#file(full, (file) => file.read(0, file.size))),
      stream: (path) => this.#stream(path),
      exists: (path) => this.#exists(path),
      stat: (path) => this.#attempt("stat", path, (full) => this.#stat(full)),
      list: (path) => this.#attempt("list", path, (full) => this.#list(full)),
      makeFolder: (path) => this.#attempt("create folder", path, (full) => this.#makeFolders(full)),
      rename: (from, to) => this.#attempt("rename", `${from} to ${to}`, () => this.#rename(this.#resolve(from), this.#resolve(to))),
      remove: (path) => this.#attempt("remove", path, (full) => this.#remove(full)),
      removeFolder: (path) => this.#attempt("remove folder", path, (full) => this.#removeFolder(full)),
      syncFolder: (path) => this.#attempt("sync folder", path, (full) => this.#syncFolder(full)),
      lock: (path) => this.#attempt("lock", path, (full) => this.#lock(path, full)),
      freeBytes: (path) =>
        this.#attempt("measure free space of", path, (full) => {
          this.#found(full);
          return Math.max(0, disk.capacityBytes - disk.usedBytes);
        }),
    };
  }

  // ── open files ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  write(path: string, node: FileNode, offset: number, bytes: Uint8Array): void {
    try {
      this.#check("append", path);
    } catch (error) {
      if (!this.#life.isOver) this.#disk.write(node, offset, bytes.subarray(0, bytes.length >> 1));
      throw error;
    }
    this.#disk.write(node, offset, bytes);
  }

  truncate(path: string, node: FileNode, length: number): void {
    this.#check("truncate", path);
    this.#disk.truncate(node, length);
  }

  sync(path: string, node: FileNode): void {
    try {
      this.#check("sync", path);
    } catch (error) {
      if (!this.#life.isOver) node.syncFailed();
      throw error;
    }
    node.sync();
  }

  closed(file: VirtualFile, node: FileNode): void {
    if (this.#open.delete(file)) this.#disk.release(node);
  }

  checkAlive(op: string, path: string): void {
    if (this.#life.isOver) throw new StorageError({ op, path, code: "the program is over" });
  }

  // ── operations ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #openFile(path: string, full: string, mode: OpenMode): DiskFile {
    const { folder, name, node } = this.#disk.place(full);
    if (node instanceof FolderNode) throw systemError(mode === "create" ? "EEXIST" : "EISDIR");
    if (mode === "create" && node !== undefined) throw systemError("EEXIST");
    if (mode !== "create" && node === undefined) throw systemError("ENOENT");
    if (mode !== "read") this.#check("open", full);
    const found = node ?? this.#disk.makeFile(folder, name);
    const file = new VirtualFile(this, path, found, mode !== "read");
    found.holders++;
    this.#open.set(file, found);
    return file;
  }

  #stream(path: string): ReadableStream<Uint8Array> {
    const file = this.disk.open(path, "read");
    let at = 0;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        const length = Math.min(STREAM_CHUNK_BYTES, file.size() - at);
        if (length > 0) controller.enqueue(file.readAt(at, length));
        at += length;
        if (length > 0) return;
        file.close();
        controller.close();
      },
      cancel: () => file.close(),
    }, { highWaterMark: 0 });
  }

  #exists(path: string): boolean {
    try {
      return this.#disk.place(this.#resolve(path)).node !== undefined;
    } catch {
      return false; // something on the way is missing, or no folder
    }
  }

  #stat(full: string): DiskStat | undefined {
    const { node } = this.#placeOrNowhere(full);
    if (node === undefined) return undefined;
    const { inode, modifiedTime } = node;
    return { bytes: node instanceof FileNode ? node.size : 0, isFolder: node instanceof FolderNode, inode, modifiedTime };
  }

  #list(full: string): DiskEntry[] {
    const { node } = this.#placeOrNowhere(full);
    if (node === undefined) return [];
    if (node instanceof FileNode) throw systemError("ENOTDIR");
    return node.names().map((name) => ({ name, isFolder: node.get(name) instanceof FolderNode }));
  }

  #makeFolders(full: string): string[] {
    const made: string[] = [];
    const names = full.split("/").filter((name) => name !== "");
    for (let depth = 1; depth <= names.length; depth++) {
      const path = `/${names.slice(0, depth).join("/")}`;
      const { folder, name, node } = this.#disk.place(path);
      if (node instanceof FolderNode) continue;
      if (node !== undefined) throw systemError(depth === names.length ? "EEXIST" : "ENOTDIR");
      this.#check("makeFolder", path);
      this.#disk.makeFolder(folder, name);
      made.push(path);
    }
    return made;
  }

  #rename(from: string, to: string): void {
    const source = this.#disk.place(from);
    const target = this.#disk.place(to);
    if (source.node === undefined) throw systemError("ENOENT");
    if (target.node instanceof FolderNode && source.node instanceof FileNode) throw systemError("EISDIR");
    if (target.node instanceof FileNode && source.node instanceof FolderNode) throw systemError("ENOTDIR");
    if (target.node instanceof FolderNode && target.node !== source.node && target.node.names().length > 0) throw systemError("ENOTEMPTY");
    if (`${to}/`.startsWith(`${from}/`) && to !== from) throw systemError("EINVAL");
    this.#check("rename", to);
    if (source.node === target.node) return;
    const [here, there] = [{ folder: source.folder, name: source.name }, { folder: target.folder, name: target.name }];
    this.#disk.link(there.folder, there.name, source.node, here);
    this.#disk.link(here.folder, here.name, undefined, there);
  }

  #remove(full: string): void {
    const { folder, name, node } = this.#placeOrNowhere(full);
    if (node instanceof FolderNode) throw new Error("is a folder"); // no code of the system: the port says `storage`
    if (node === undefined) return;
    this.#check("remove", full);
    this.#disk.link(folder, name, undefined);
  }

  #removeFolder(full: string): void {
    const { folder, name, node } = this.#disk.place(full);
    if (node === undefined) throw systemError("ENOENT");
    if (node instanceof FileNode) throw systemError("ENOTDIR");
    if (node.names().length > 0) throw systemError("ENOTEMPTY");
    this.#check("removeFolder", full);
    this.#disk.link(folder, name, undefined);
  }

  #syncFolder(full: string): void {
    const node = this.#found(full);
    this.#check("syncFolder", full);
    if (node instanceof FolderNode) node.sync();
    else node.sync();
  }

  #lock(path: string, full: string): DiskLock | undefined {
    const { folder, name, node } = this.#disk.place(full);
    if (node instanceof FolderNode) throw systemError("EISDIR");
    if (node === undefined) this.#check("lock", full);
    const file = node ?? this.#disk.makeFile(folder, name);
    if (!this.#disk.lock(file)) return undefined;
    this.#locks.add(file);
    let isHeld = true;
    return {
      describe: (text) => {
        this.#attempt("describe lock", path, () => {
          this.#disk.truncate(file, 0);
          this.#disk.write(file, 0, new TextEncoder().encode(text));
        });
      },
      release: () => {
        if (isHeld && this.#locks.delete(file)) this.#disk.unlock(file);
        isHeld = false;
      },
    };
  }

  // ── helpers ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #attempt<T>(op: string, path: string, run: (full: string) => T): T {
    this.checkAlive(op, path);
    return attempt(op, path, () => run(this.#resolve(path)));
  }

  /** A verdict may have ended the program: then the operation does not happen, and nobody hears of it. */
  #check(op: DiskOp, path: string): void {
    try {
      this.#disk.check(op, path);
    } finally {
      this.checkAlive(op, path);
    }
  }

  #placeOrNowhere(full: string): Place {
    try {
      return this.#disk.place(full);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return { folder: NOWHERE, name: "", node: undefined };
      throw error;
    }
  }

  #found(full: string): FileNode | FolderNode {
    const { node } = this.#disk.place(full);
    if (node === undefined) throw systemError("ENOENT");
    return node;
  }

  #file<T>(full: string, use: (file: FileNode) => T): T {
    const node = this.#found(full);
    if (node instanceof FolderNode) throw systemError("EISDIR");
    return use(node);
  }

  #resolve(path: string): string {
    const names: string[] = [];
    for (const name of (path.startsWith("/") ? path : `${this.#folder}/${path}`).split("/")) {
      if (name === "..") names.pop();
      else if (name !== "" && name !== ".") names.push(name);
    }
    return `/${names.join("/")}`;
  }

  #letGo(): void {
    for (const node of this.#open.values()) this.#disk.release(node);
    for (const node of this.#locks) this.#disk.unlock(node);
    this.#open.clear();
    this.#locks.clear();
  }
}
