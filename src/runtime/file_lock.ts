import * as fs from "node:fs";
import type { DiskLock } from "./runtime.ts";
import { codeOf } from "./storage_failure.ts";

export const LOCK_FILE_MODE = 0o640;

/** A lock on an open descriptor. Closing it, or dying, frees it; the file stays, so that all lockers meet at one inode. */
export function lockFile(path: string, tryLock: (fd: number) => boolean): DiskLock | undefined {
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, LOCK_FILE_MODE);
  try {
    if (!tryLock(fd)) {
      fs.closeSync(fd);
      return undefined;
    }
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  let isHeld = true;
  return {
    describe(text) {
      fs.ftruncateSync(fd, 0);
      fs.writeSync(fd, text, 0);
    },
    release() {
      if (isHeld) fs.closeSync(fd);
      isHeld = false;
    },
  };
}

/** Where there is no flock: the file's existence is the lock. A crash leaves it behind, and the refusal says so. */
export function exclusiveFile(path: string): DiskLock | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, "wx", LOCK_FILE_MODE);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  }
  let isHeld = true;
  return {
    describe(text) {
      fs.ftruncateSync(fd, 0);
      fs.writeSync(fd, text, 0);
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      fs.closeSync(fd);
      fs.rmSync(path, { force: true });
    },
  };
}
