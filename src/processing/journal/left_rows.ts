import { eventTypeOfPath } from "../../events/registry.ts";
import { StorageError } from "../../lib/errors.ts";
import type { StorageWorld } from "../storage/day_file.ts";
import type { SealedTable } from "../storage/table.ts";
import { assembled, type Part } from "./assembled.ts";
import { Coverage } from "./coverage.ts";
import { JournalIndex, type KnownChunk } from "./journal_index.ts";
import { type Loss, lossesOf } from "./losses.ts";
import { type Found, journalFolder, readSegment, segmentIdOf } from "./segment.ts";

export interface LeftChunk {
  readonly path: string;
  readonly hash: string;
  readonly chunk: number;
  readonly table: SealedTable;
}

/** What a recorder that was killed left in its journal alone. */
export interface LeftRows {
  readonly chunks: readonly LeftChunk[];
  readonly losses: readonly Loss[];
  /** Up to here the journal is whole; undefined where all of it is. Behind that anything may be missing. */
  readonly wholeUntil: number | undefined;
}

/**
 * The rows of some streams that no chunk and no day file has, as the next start would make chunks of them (`JournalRecovery`). Takes no lock
 * and changes nothing. Also beside a recorder: its rows walk from the journal into chunks and from those into day files, so whoever looks in
 * that order misses none.
 */
export function rowsLeft(world: StorageWorld, dataPath: string, isWanted: (path: string) => boolean): LeftRows {
  const { disk, compression } = world;
  const folder = journalFolder(dataPath);
  const segments = disk.list(folder).map(({ name }) => name).filter((name) => segmentIdOf(name) !== undefined);
  const found = (segment: string) => foundIn(() => readSegment(compression, disk.read(`${folder}/${segment}`)));
  const index = new JournalIndex();
  let isWhole = true;
  for (const segment of segments) {
    for (const each of found(segment)) {
      if (each.kind === "record") index.add(segment, wantedOf(each.record, isWanted));
      else if (!each.isTorn) {
        index.damaged();
        isWhole = false;
      }
    }
  }
  const known = index.chunks();
  const before = new Coverage(world, dataPath);
  for (const chunk of known) chunk.place = before.of(chunk);
  const parts = new Map<KnownChunk, Part[]>();
  for (const segment of new Set(known.filter(isInJournal).flatMap((chunk) => [...chunk.segments]))) {
    for (const each of found(segment)) {
      if (each.kind !== "record") continue;
      const { hash, runs } = each.record;
      const wanted = runs.map(({ path, chunk }) => isWanted(path) ? index.chunk(hash, path, chunk) : undefined);
      if (!wanted.some((chunk) => chunk !== undefined && isInJournal(chunk))) continue;
      const tables = tablesOf(each.record);
      if (tables === undefined) isWhole = false;
      for (const [i, chunk] of wanted.entries()) {
        if (chunk === undefined || !isInJournal(chunk) || tables === undefined) continue;
        parts.set(chunk, [...parts.get(chunk) ?? [], { first: runs[i]!.first, table: tables[i]! }]);
      }
    }
  }
  // A recorder may have gone on meanwhile: what it made a chunk of is read there.
  const after = new Coverage(world, dataPath);
  const chunks: LeftChunk[] = [];
  for (const [chunk, gathered] of parts) {
    if (after.of(chunk) !== "journal") continue;
    const { path, hash } = chunk;
    const { table, stretches } = assembled(eventTypeOfPath(path), gathered);
    chunk.stretches = stretches;
    chunks.push({ path, hash, chunk: chunk.chunk, table });
  }
  const losses = [...lossesOf(index, (chunk) => after.of(chunk) !== "journal")];
  return { chunks, losses, wholeUntil: isWhole ? undefined : index.untilTime ?? 0 };
}

function wantedOf<R extends { readonly hash: string; readonly runs: readonly { readonly path: string }[] }>(
  { hash, runs }: R,
  isWanted: (path: string) => boolean,
): { readonly hash: string; readonly runs: R["runs"] } {
  return { hash, runs: runs.filter(({ path }) => isWanted(path)) };
}

function isInJournal({ place }: KnownChunk): boolean {
  return place === "journal";
}

/** Nothing of a segment that is gone: its rows are in day files. */
function* foundIn(read: () => Iterable<Found>): Generator<Found> {
  try {
    yield* read();
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== "ENOENT") throw error;
  }
}

/** Undefined for rows of a version that is not ours. */
function tablesOf(record: { tables(): SealedTable[] }): SealedTable[] | undefined {
  try {
    return record.tables();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
