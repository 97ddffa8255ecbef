import * as fs from "node:fs";
import * as path from "node:path";
import process from "node:process";
import type { Disk, DiskEntry, DiskLock } from "./runtime.ts";
import { openFile } from "./node_disk_file.ts";
import { attempt, codeOf } from "./storage_failure.ts";

const FOLDER_MODE = 0o750;
const STREAM_CHUNK_BYTES = 1 << 20; // one read call, about 0.3 ms from the page cache

/** Everything but the lock is the same call in both runtimes. */
export function nodeDisk(lock: (path: string) => DiskLock | undefined): Disk {
  return {
    open: openFile,
    read: (file) =>
      attempt("read", file, () => {
        const bytes = fs.readFileSync(file);
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // a Buffer's slice shares memory, which nobody expects
      }),
    stream: streamFile,
    exists: (file) => fs.existsSync(file),
    stat: (file) =>
      attempt("stat", file, () => {
        const found = fs.statSync(file, { throwIfNoEntry: false });
        return found === undefined
          ? undefined
          : { bytes: found.size, isFolder: found.isDirectory(), inode: found.ino, modifiedTime: Math.round(found.mtimeMs * 1_000) };
      }),
    list: listFolder,
    makeFolder: (folder) => attempt("create folder", folder, () => makeFolders(path.resolve(folder))),
    rename: (from, to) => attempt("rename", `${from} to ${to}`, () => fs.renameSync(from, to)),
    remove: (file) => attempt("remove", file, () => removeFile(file)),
    removeFolder: (folder) => attempt("remove folder", folder, () => fs.rmdirSync(folder)),
    syncFolder,
    lock: (file) => attempt("lock", file, () => lock(file)),
    freeBytes: (folder) =>
      attempt("measure free space of", folder, () => {
        const found = fs.statfsSync(folder);
        return found.bavail * found.bsize;
      }),
  };
}

/** `rmSync` with `force` looks before it removes: twice the calls. */
function removeFile(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function listFolder(folder: string): DiskEntry[] {
  return attempt("list", folder, () => {
    try {
      return fs.readdirSync(folder, { withFileTypes: true })
        .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
        .sort((a, b) => a.name < b.name ? -1 : 1);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  });
}

function makeFolders(folder: string): string[] {
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return [];
  const parent = path.dirname(folder);
  const made = parent === folder ? [] : makeFolders(parent);
  try {
    fs.mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    // Another process made it meanwhile.
    if (codeOf(error) === "EEXIST" && fs.statSync(folder).isDirectory()) return made;
    throw error;
  }
  return [...made, folder];
}

function syncFolder(folder: string): void {
  if (process.platform === "win32") return; // has no such operation: its renames are journalled
  attempt("sync folder", folder, () => {
    const fd = fs.openSync(folder, "r");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

function streamFile(file: string): ReadableStream<Uint8Array> {
  const fd = attempt("open", file, () => fs.openSync(file, "r"));
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const bytes = new Uint8Array(STREAM_CHUNK_BYTES);
      try {
        const count = attempt("read", file, () => fs.readSync(fd, bytes, 0, bytes.length, null));
        if (count > 0) return controller.enqueue(bytes.subarray(0, count));
      } catch (error) {
        fs.closeSync(fd);
        throw error;
      }
      fs.closeSync(fd);
      controller.close();
    },
    cancel: () => fs.closeSync(fd),
  }, { highWaterMark: 0 });
}
