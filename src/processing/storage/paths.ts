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

/** `20261124T101530Z-9f3a2c41`: generations sort by the time they began. */
export function newGeneration(wallTime: number, random: Uint8Array): string {
  const [seconds] = new Date(wallTime / 1_000).toISOString().replaceAll(/[-:]/g, "").split(".");
  return `${seconds}Z-${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
