import * as fs from "node:fs";
import { StorageError } from "../lib/errors.ts";
import type { DiskFile, OpenMode } from "./runtime.ts";
import { attempt } from "./storage_failure.ts";

const FLAGS: Readonly<Record<OpenMode, string>> = { read: "r", create: "wx+", update: "r+" };
const FILE_MODE = 0o640;

export function openFile(path: string, mode: OpenMode): DiskFile {
  return attempt("open", path, () => {
    const fd = fs.openSync(path, FLAGS[mode], FILE_MODE);
    return new NodeDiskFile(path, fd, fs.fstatSync(fd).size);
  });
}

/** Keeps the last good end itself: a failed append leaves part of its bytes behind in both runtimes. */
class NodeDiskFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;
  #end: number;
  #isTorn = false;
  #syncFailure: StorageError | undefined;
  #isClosed = false;

  constructor(path: string, fd: number, end: number) {
    this.path = path;
    this.#fd = fd;
    this.#end = end;
  }

  size(): number {
    return this.#end;
  }

  readAt(offset: number, length: number): Uint8Array {
    return attempt("read", this.path, () => {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const count = fs.readSync(this.#fd, bytes, done, length - done, offset + done);
        if (count === 0) throw this.#failure("read", `It ends before ${offset + length}.`);
        done += count;
      }
      return bytes;
    });
  }

  append(bytes: Uint8Array): number {
    return attempt("append to", this.path, () => {
      if (this.#isTorn) this.#repair();
      const begin = this.#end;
      try {
        for (let done = 0; done < bytes.length;) {
          const count = fs.writeSync(this.#fd, bytes, done, bytes.length - done, begin + done);
          if (count === 0) throw this.#failure("append to", "The write made no progress.");
          done += count;
        }
      } catch (error) {
        this.#isTorn = true; // repaired before the next append: now the disk may refuse that too
        throw error;
      }
      this.#end = begin + bytes.length;
      return begin;
    });
  }

  truncate(length: number): void {
    attempt("truncate", this.path, () => {
      fs.ftruncateSync(this.#fd, length);
      this.#end = length;
      this.#isTorn = false;
    });
  }

  /** After one failure the kernel may call the lost pages clean, so a second fsync would lie. */
  sync(): void {
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    try {
      attempt("sync", this.path, () => fs.fsyncSync(this.#fd));
    } catch (error) {
      this.#syncFailure = error as StorageError;
      throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    attempt("close", this.path, () => {
      try {
        if (this.#isTorn) this.#repair();
      } finally {
        fs.closeSync(this.#fd);
      }
    });
  }

  #repair(): void {
    fs.ftruncateSync(this.#fd, this.#end);
    this.#isTorn = false;
  }

  #failure(op: string, hint: string): StorageError {
    return new StorageError({ op, path: this.path, code: "storage", hint });
  }
}
