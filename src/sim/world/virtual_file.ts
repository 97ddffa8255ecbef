import { StorageError } from "../../lib/errors.ts";
import { attempt } from "../../runtime/storage_failure.ts";
import type { DiskFile } from "../../runtime/runtime.ts";
import type { FileNode } from "./disk_nodes.ts";

/** What an open file needs of its disk. Each throws the system's error, or writes what there is room for and then throws. */
export interface FileOwner {
  write(path: string, node: FileNode, offset: number, bytes: Uint8Array): void;
  truncate(path: string, node: FileNode, length: number): void;
  sync(path: string, node: FileNode): void;
  closed(file: VirtualFile, node: FileNode): void;
  /** Throws where the program that has it open is over. */
  checkAlive(op: string, path: string): void;
}

/** An open file of a virtual disk, with the habits of the real one: it keeps its own good end, and mends a torn one before it goes on. */
export class VirtualFile implements DiskFile {
  readonly path: string;
  readonly #owner: FileOwner;
  readonly #node: FileNode;
  readonly #isWritable: boolean;
  #end: number;
  #isTorn = false;
  #isClosed = false;
  #syncFailure: StorageError | undefined;

  constructor(owner: FileOwner, path: string, node: FileNode, isWritable: boolean) {
    this.path = path;
    this.#owner = owner;
    this.#node = node;
    this.#isWritable = isWritable;
    this.#end = node.size;
  }

  size(): number {
    return this.#end;
  }

  readAt(offset: number, length: number): Uint8Array {
    return this.#attempt("read", () => {
      const bytes = this.#node.read(offset, length);
      if (bytes.length < length) {
        throw new StorageError({ op: "read", path: this.path, code: "storage", hint: `It ends before ${offset + length}.` });
      }
      return bytes;
    });
  }

  append(bytes: Uint8Array): number {
    return this.#attempt("append to", () => {
      if (this.#isTorn) this.#mend();
      const begin = this.#end;
      if (!this.#isWritable) throw systemError("EBADF");
      try {
        this.#owner.write(this.path, this.#node, begin, bytes);
      } catch (error) {
        this.#isTorn = true;
        throw error;
      }
      this.#end = begin + bytes.length;
      return begin;
    });
  }

  truncate(length: number): void {
    this.#attempt("truncate", () => {
      if (!this.#isWritable) throw systemError("EINVAL");
      this.#owner.truncate(this.path, this.#node, length);
      this.#end = length;
      this.#isTorn = false;
    });
  }

  sync(): void {
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    try {
      this.#attempt("sync", () => this.#owner.sync(this.path, this.#node));
    } catch (error) {
      if (error instanceof StorageError) this.#syncFailure = error;
      throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    try {
      if (this.#isTorn) this.#attempt("close", () => this.#mend());
    } finally {
      this.#isClosed = true;
      this.#owner.closed(this, this.#node);
    }
  }

  #mend(): void {
    this.#owner.truncate(this.path, this.#node, this.#end);
    this.#isTorn = false;
  }

  #attempt<T>(op: string, run: () => T): T {
    this.#owner.checkAlive(op, this.path);
    return attempt(op, this.path, () => {
      if (this.#isClosed) throw systemError("EBADF");
      return run();
    });
  }
}

/** An error as the system gives it; the port makes a StorageError of it. */
export function systemError(code: string): Error & { readonly code: string } {
  return Object.assign(new Error(code), { code });
}
