import { StorageError } from "../../src/lib/errors.ts";
import type { Disk, DiskFile } from "../../src/runtime/runtime.ts";

export type DiskOp = "open" | "append" | "sync" | "rename" | "remove" | "makeFolder" | "syncFolder";

/** The real disk behind a switch: `verdict` says for each changing operation, counted from 1, whether it fails and how. */
export function failingDisk(disk: Disk, verdict: (op: DiskOp, path: string, count: number) => "EIO" | "ENOSPC" | undefined): Disk {
  let count = 0;
  const check = (op: DiskOp, path: string) => {
    const code = verdict(op, path, ++count);
    if (code !== undefined) throw new StorageError({ op, path, code });
  };
  return {
    ...disk,
    open(path, mode) {
      if (mode !== "read") check("open", path);
      return failingFile(disk.open(path, mode), check);
    },
    rename(from, to) {
      check("rename", to);
      disk.rename(from, to);
    },
    remove(path) {
      check("remove", path);
      disk.remove(path);
    },
    makeFolder(path) {
      check("makeFolder", path);
      return disk.makeFolder(path);
    },
    syncFolder(path) {
      check("syncFolder", path);
      disk.syncFolder(path);
    },
  };
}

function failingFile(file: DiskFile, check: (op: DiskOp, path: string) => void): DiskFile {
  return {
    path: file.path,
    size: () => file.size(),
    readAt: (offset, length) => file.readAt(offset, length),
    append(bytes) {
      check("append", file.path);
      return file.append(bytes);
    },
    truncate: (length) => file.truncate(length),
    sync() {
      check("sync", file.path);
      file.sync();
    },
    close: () => file.close(),
  };
}
