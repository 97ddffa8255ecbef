import { isEqual } from "../../lib/bytes.ts";
import { StorageError } from "../../lib/errors.ts";
import type { Disk, DiskFile } from "../../runtime/runtime.ts";

/**
 * A new empty file in place of whatever was there. The usual case is one call: a folder is made, and a leftover removed, only where the
 * disk says so. Whoever needs its name to be durable syncs the folders: files under tmp/ are renamed, or need not be.
 */
export function createFile(disk: Disk, path: string): DiskFile {
  for (let tries = 1;; tries++) {
    try {
      return disk.open(path, "create");
    } catch (error) {
      if (!(error instanceof StorageError) || tries > 2) throw error;
      if (error.code === "ENOENT") disk.makeFolder(folderOf(path));
      else if (error.code === "EEXIST") disk.remove(path);
      else throw error;
    }
  }
}

/** Makes a new file durable under its final name, once it reads back as it was written: a crash at any moment leaves the whole file or none. */
export function publishFile(disk: Disk, target: string, temporary: string, bytes: Uint8Array): void {
  const file = createFile(disk, temporary);
  try {
    file.append(bytes);
    file.sync();
  } finally {
    file.close();
  }
  if (!isEqual(disk.read(temporary), bytes)) throw readsBackDifferently(temporary);
  publish(disk, temporary, target);
}

export function readsBackDifferently(path: string): StorageError {
  return new StorageError({ op: "write", path, code: "verify", hint: "It reads back differently: look at the disk." });
}

/** Gives a synced file its final name, in place of whatever has it, and makes the name durable. */
export function publish(disk: Disk, temporary: string, target: string): void {
  makeFolderOf(disk, target);
  disk.rename(temporary, target);
  disk.syncFolder(folderOf(target));
}

/** Moves a file out of the way, where nothing of ours looks, and never over another one. Returns where it is now. */
export function setAside(disk: Disk, path: string, target: string): string {
  let free = target;
  for (let n = 2; disk.exists(free); n++) free = `${target}-${n}`;
  makeFolderOf(disk, free);
  disk.rename(path, free);
  disk.syncFolder(folderOf(free));
  disk.syncFolder(folderOf(path));
  return free;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

function makeFolderOf(disk: Disk, path: string): void {
  for (const made of disk.makeFolder(folderOf(path))) disk.syncFolder(folderOf(made));
}
