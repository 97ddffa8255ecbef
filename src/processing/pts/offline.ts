import { rowsLeft } from "../journal/left_rows.ts";
import { storageWorld } from "../storage/day_file.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Present } from "./history_reader.ts";
import type { LooseChunk } from "./stream_view.ts";

/** What is to be known of some streams where no recorder answers: what one that was killed left in its journal. Reads only. */
export function offlinePresent(
  runtime: Pick<Runtime, "disk" | "compression" | "clock">,
  dataPath: string,
  isWanted: (path: string) => boolean,
): Present {
  const { chunks, losses, wholeUntil } = rowsLeft(storageWorld(runtime, ""), dataPath, isWanted);
  const memory: Record<string, LooseChunk[]> = {};
  for (const { path, ...chunk } of chunks) (memory[path] ??= []).push(chunk);
  const damaged = { path: undefined, missing: undefined, afterId: undefined, beforeId: undefined, fromTime: wholeUntil, toTime: undefined };
  const lost = losses.map(({ rows, ...loss }) => ({ ...loss, missing: rows }));
  return { isRecording: false, memory, isUndelivered: false, lost: wholeUntil === undefined ? lost : [...lost, damaged] };
}
