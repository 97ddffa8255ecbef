import { nextTurn } from "../lib/next_turn.ts";
import { eventTypeOf } from "../events/registry.ts";
import { StorageError } from "../lib/errors.ts";
import { journalFolder, segmentIdOf } from "../processing/journal/segment.ts";
import { storageWorld } from "../processing/storage/day_file.ts";
import { foldersIn } from "../processing/storage/day_tree.ts";
import { FlushHandler } from "../processing/storage/flush_handler.ts";
import { lockDataPath } from "../processing/storage/lock.ts";
import { tmpFolder } from "../processing/storage/paths.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Happenings } from "../telemetry/happenings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export interface FlushRequest {
  readonly dataPath: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

export interface FlushSummary {
  readonly chunks: number;
  readonly streams: number;
  /** New in day files. */
  readonly rowsAdded: number;
  /** Files that could not be read, and where they are now. */
  readonly aside: readonly string[];
  /** Streams whose rows wait on, and why. */
  readonly failed: readonly string[];
  /** Segments of a recorder that was killed: the next start reads them, because it also tells the hole that begins behind their last row. */
  readonly journalSegments: number;
}

const NO_INTERVAL_MS = 60_000; // nothing is due here: everything is merged

/** Merges what a stopped or dead recorder left under tmp/, by the recorder's own code. Doing it twice adds nothing. */
export async function flushPending(
  runtime: Runtime,
  { dataPath, version, signal }: FlushRequest,
  telemetry: Telemetry,
  progress: (progress: object) => void,
): Promise<FlushSummary> {
  const lock = lockDataPath(runtime, dataPath, `argus ${version} flush`);
  const happenings = new Happenings(telemetry);
  const counts = {
    chunks: 0,
    streams: 0,
    rowsAdded: 0,
    aside: [] as string[],
    failed: [] as string[],
    journalSegments: journalSegments(runtime, dataPath),
  };
  const world = storageWorld(runtime, `argus ${version}`);
  try {
    for (const source of foldersIn(runtime.disk, tmpFolder(dataPath))) {
      for (const type of foldersIn(runtime.disk, `${tmpFolder(dataPath)}/${source}`).map(eventTypeOf)) {
        if (type === undefined) continue;
        const handler = new FlushHandler(world, type, {
          dataPath,
          source,
          flushIntervalMs: NO_INTERVAL_MS,
          tell: (news) => {
            happenings.storageNews(news);
            if (news.what === "merged") counts.rowsAdded += news.rows;
            if (news.what === "aside") counts.aside.push(news.path);
          },
        });
        counts.chunks += handler.adopt();
        for (const symbol of handler.symbols) {
          await nextTurn(runtime.timers); // a signal is heard between two streams
          if (signal.aborted) return counts;
          try {
            handler.flushAll(symbol);
            counts.streams++;
          } catch (error) {
            if (!(error instanceof StorageError)) throw error;
            counts.failed.push(error.message);
          }
          progress({ streams: counts.streams, rows: counts.rowsAdded });
        }
        handler.tidy();
      }
    }
    return counts;
  } finally {
    lock.release();
  }
}

function journalSegments({ disk }: Runtime, dataPath: string): number {
  return disk.list(journalFolder(dataPath)).filter(({ name }) => segmentIdOf(name) !== undefined).length;
}
