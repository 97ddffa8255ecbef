import { StorageError } from "../lib/errors.ts";

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free space or set data_path.",
  EDQUOT: "The quota is used up: free space or set data_path.",
  EACCES: "Give this user the right to it, or set data_path.",
  EPERM: "Give this user the right to it, or set data_path.",
  EROFS: "The file system is read-only: set data_path.",
  ENOENT: "It does not exist.",
  EEXIST: "It exists already.",
  EIO: "The disk reports an error: look at the system's log.",
  EMFILE: "No file descriptors left: raise the limit (ulimit -n).",
  EFBIG: "The file-size limit is reached: raise it (ulimit -f).",
};

/** Runs one file operation; whatever it throws becomes a StorageError that says what was tried, where. */
export function attempt<T>(op: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const code = codeOf(error) ?? "storage";
    const hint = HINTS[code];
    throw new StorageError({ op, path, code, ...(hint === undefined ? {} : { hint }) }, { cause: error });
  }
}

/** The system's name of an error, where the runtime gave one. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
