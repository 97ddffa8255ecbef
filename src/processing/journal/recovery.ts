/** [journal] ▸ chunk ▸ day file.  In: segments of recorders that are no more. Out: chunks of the rows that were in memory, and what is lost. */
import { StorageError } from "../../lib/errors.ts";
import { nextTurn } from "../../lib/next_turn.ts";
import { eventTypeOfPath } from "../../events/registry.ts";
import type { Timers } from "../../runtime/runtime.ts";
import type { StorageWorld } from "../storage/day_file.ts";
import { setAside } from "../storage/files.ts";
import { tmpFolder } from "../storage/paths.ts";
import type { SealedTable } from "../storage/table.ts";
import { assembled, type Part } from "./assembled.ts";
import { Coverage } from "./coverage.ts";
import { JournalIndex, type KnownChunk } from "./journal_index.ts";
import { type Loss, lossesOf } from "./losses.ts";
import type { JournalRecord } from "./record.ts";
import { type Found, journalFolder, readSegment, segmentIdOf } from "./segment.ts";
import { SegmentLedger } from "./segment_ledger.ts";

/** What earlier recorders left in the journal. Plain data: it crosses between threads. */
export interface Recovery {
  readonly segments: number;
  /** Rows that were in the journal only, and are chunks now. */
  readonly rows: number;
  /** Places in segments that could not be read, without ends that a crash cut short. */
  readonly damages: number;
  /** When the last row of each stream was received, µs. */
  readonly lastTimes: ReadonlyMap<string, number>;
  /** Up to here a stream without a row in the journal surely brought nothing; undefined where there was no journal. */
  readonly untilTime: number | undefined;
  readonly losses: readonly Loss[];
}

export interface RecoveryOptions {
  readonly dataPath: string;
  /** The generation that is being written: its rows are still in memory. */
  readonly hash: string;
  /** Makes a chunk of rows. Throws StorageError. */
  readonly accept: (path: string, hash: string, chunk: number, table: SealedTable) => void;
  readonly progress: (segments: { readonly done: number; readonly of: number }) => void;
  readonly asideTold: (path: string, why: string) => void;
}

/**
 * Reads the segments twice: first what they hold, then the rows that no chunk and no day file has. Killed at any moment and started again
 * it comes to the same: chunks have the numbers they would have had, and a segment stays until all its chunks are merged.
 */
export class JournalRecovery {
  readonly #world: StorageWorld;
  readonly #timers: Pick<Timers, "turn">;
  readonly #options: RecoveryOptions;
  readonly #folder: string;
  readonly #ledger = new SegmentLedger();
  /** Segments that are kept for a person when they are no longer needed, and why. */
  readonly #unreadable = new Map<string, string>();
  #damages = 0;

  constructor(world: StorageWorld, timers: Pick<Timers, "turn">, options: RecoveryOptions) {
    this.#world = world;
    this.#timers = timers;
    this.#options = options;
    this.#folder = journalFolder(options.dataPath);
  }

  /** Durable only when the chunks are merged. Rejects with StorageError where the disk refuses; nothing is removed then. */
  async run(): Promise<Recovery> {
    const segments = this.#world.disk.list(this.#folder).map(({ name }) => name).filter((name) => {
      const hash = segmentIdOf(name)?.hash;
      return hash !== undefined && hash !== this.#options.hash;
    });
    const index = await this.#index(segments);
    const coverage = new Coverage(this.#world, this.#options.dataPath);
    for (const known of index.chunks()) {
      known.place = coverage.of(known);
      await nextTurn(this.#timers);
    }
    const rows = await this.#recover(segments, index);
    const losses = [...lossesOf(index, (chunk) => coverage.of(chunk) !== "journal")];
    for (const { key, place, segments } of index.chunks()) {
      for (const segment of place === "day file" ? [] : segments) this.#ledger.needs(segment, key);
    }
    this.sweep();
    const { lastTimes, untilTime } = index;
    return { segments: segments.length, rows, damages: this.#damages, lastTimes, untilTime, losses };
  }

  /** That chunk is in its day file, durably. */
  merged(key: string): void {
    this.#ledger.merged(key);
  }

  /** Removes the segments nothing needs any more; those that were damaged are set aside. What cannot be removed is found again. */
  sweep(): void {
    for (const segment of this.#ledger.spare()) {
      const path = `${this.#folder}/${segment}`;
      const why = this.#unreadable.get(segment);
      const target = `${tmpFolder(this.#options.dataPath)}/aside/journal/${segment}`;
      try {
        if (why === undefined) this.#world.disk.remove(path);
        else setAside(this.#world.disk, path, target);
      } catch (error) {
        if (error instanceof StorageError) continue;
        throw error;
      }
      this.#ledger.forget(segment);
      if (why !== undefined) this.#options.asideTold(target, why);
    }
  }

  async #index(segments: readonly string[]): Promise<JournalIndex> {
    const index = new JournalIndex();
    for (const [i, segment] of segments.entries()) {
      this.#ledger.add(segment);
      for (const found of this.#found(segment)) {
        if (found.kind === "record") index.add(segment, found.record);
        else if (!found.isTorn) this.#damaged(index, segment, `a journal that cannot be read at byte ${found.at}`);
        await nextTurn(this.#timers);
      }
      this.#options.progress({ done: i + 1, of: 2 * segments.length });
    }
    return index;
  }

  /** Record by record, so that no more is in memory than the chunks that are not yet complete. */
  async #recover(segments: readonly string[], index: JournalIndex): Promise<number> {
    if (!index.chunks().some(({ place }) => place === "journal")) return 0;
    const parts = new Map<KnownChunk, Part[]>();
    let [records, rows] = [0, 0];
    const finish = (known: KnownChunk) => rows += this.#accept(known, parts);
    for (const [i, segment] of segments.entries()) {
      for (const found of this.#found(segment)) {
        if (found.kind === "damage") continue;
        const { record } = found;
        const number = records++;
        const wanted = record.runs.map(({ path, chunk }) => index.chunk(record.hash, path, chunk)!);
        if (wanted.every(({ place }) => place !== "journal")) continue;
        await nextTurn(this.#timers);
        const tables = this.#tables(index, segment, record);
        for (const [j, known] of wanted.entries()) {
          if (known.place !== "journal" || tables === undefined) continue;
          const gathered = parts.get(known) ?? [];
          gathered.push({ first: record.runs[j]!.first, table: tables[j]! });
          parts.set(known, gathered);
          if (known.lastRecord === number) finish(known);
        }
      }
      this.#options.progress({ done: segments.length + i + 1, of: 2 * segments.length });
    }
    for (const known of [...parts.keys()]) finish(known); // those whose last record could not be read
    return rows;
  }

  #accept(known: KnownChunk, parts: Map<KnownChunk, Part[]>): number {
    const type = eventTypeOfPath(known.path);
    const { table, stretches } = assembled(type, parts.get(known)!);
    parts.delete(known);
    this.#options.accept(known.path, known.hash, known.chunk, table);
    known.stretches = stretches;
    return table.rows;
  }

  /** Undefined for rows this version cannot read: their segment stays for one that can. */
  #tables(index: JournalIndex, segment: string, record: JournalRecord): SealedTable[] | undefined {
    try {
      return record.tables();
    } catch (error) {
      this.#damaged(index, segment, `a journal with rows of ${record.schema} that cannot be read: ${String(error)}`);
      return undefined;
    }
  }

  #found(segment: string): Iterable<Found> {
    return readSegment(this.#world.compression, this.#world.disk.read(`${this.#folder}/${segment}`));
  }

  #damaged(index: JournalIndex, segment: string, why: string): void {
    this.#damages++;
    index.damaged();
    this.#unreadable.set(segment, why);
  }
}
