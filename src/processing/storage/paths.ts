/**
 * Where rows lie. A stream is named by its agora path, `{source}/{data_type}/{symbol}`, symbol encoded: the path is the folder.
 * A generation (`hash`) is one writer's life; its chunks are numbered from 1 per stream.
 */
export interface ChunkId {
  readonly path: string;
  readonly hash: string;
  readonly chunk: number;
}

export function dayFilePath(dataPath: string, path: string, date: string): string {
  return `${dataPath}/${path}/${date.slice(0, 4)}/${date}.pq`;
}

/** A day file before it gets its name: a new one, one that is written anew while the day lasts, one that is rolled. */
export type Unfinished = "new" | "roll";

export function unfinishedPath(dataPath: string, path: string, date: string, what: Unfinished): string {
  return `${tmpFolder(dataPath)}/${path}/${date}.${what}`;
}

export function isUnfinished(fileName: string): boolean {
  return /^\d{4}-\d{2}-\d{2}\.(new|roll)$/.test(fileName);
}

/** Where a damaged day file goes: beside the new one, under a name no reader of `*.pq` looks at. */
export function corruptPath(dayFile: string, wallTime: number): string {
  return `${dayFile}.corrupt-${new Date(wallTime / 1_000).toISOString().replaceAll(/[-:]/g, "")}`;
}

/** The date in a day file's name, and whether it was found damaged; undefined for any other file. */
export function dayFileNameOf(fileName: string): { readonly date: string; readonly isCorrupt: boolean } | undefined {
  const [, date, corrupt] = /^(\d{4}-\d{2}-\d{2})\.pq(\.corrupt-.+)?$/.exec(fileName) ?? [];
  return date === undefined ? undefined : { date, isCorrupt: corrupt !== undefined };
}

export function tmpFolder(dataPath: string): string {
  return `${dataPath}/tmp`;
}

export function generationFolder(dataPath: string, path: string, hash: string): string {
  return `${tmpFolder(dataPath)}/${path}/${hash}`;
}

export function chunkPath(dataPath: string, { path, hash, chunk }: ChunkId): string {
  return `${generationFolder(dataPath, path, hash)}/${chunk}.pq`;
}

/** The number in a chunk file's name, or undefined for any other file. */
export function chunkNumberOf(fileName: string): number | undefined {
  const [, digits] = /^([1-9]\d{0,14})\.pq$/.exec(fileName) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** `20261124T101530123Z-9f3a2c41`: generations sort by the ms they began in; a recorder that is killed is back within one second. */
export function newGeneration(wallTime: number, random: Uint8Array): string {
  const began = new Date(wallTime / 1_000).toISOString().replaceAll(/[-:.]/g, "");
  return `${began}-${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
