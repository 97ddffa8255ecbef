import type { Committed } from "../processing/journal/committed.ts";
import { claimDataPath, lockDataPath } from "../processing/storage/lock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { TakeoverHappenings } from "../telemetry/takeover_happenings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Config } from "./config.ts";
import { Recording } from "./recording.ts";

export interface RecordOptions {
  readonly version: string;
  /** Aborting it drains. */
  readonly signal: AbortSignal;
  /** Drains by itself after this long. */
  readonly durationMs?: number;
  /** Asks the recorder that holds the data path to leave it, and goes on where it stopped. Where there is none, it is a usual start. */
  readonly isTakeover?: boolean;
  /** Told the gateway's address once it listens. */
  readonly listening?: (url: string) => void;
  /** Told at each commit of the journal how many rows of each stream survive whatever happens from then on. */
  readonly committed?: (committed: Committed) => void;
}

export interface RecordSummary {
  /** `deadline`: not everything reached a day file in time; the rest is under tmp/ and merged at the next start. */
  readonly outcome: "drained" | "deadline";
  readonly seconds: number;
  readonly events: Readonly<Record<string, number>>;
  readonly rowsMerged: number;
  /** Holes the venue's numbers prove, and times a stream was without a socket whose numbers prove nothing. Both are `gap` rows. */
  readonly gaps: number;
  readonly gapsPossible: number;
  /** Rows fetched to fill holes. */
  readonly rowsHealed: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Frames that are not written as the venue wrote them so far: read all the same, at more CPU. */
  readonly scansDeclined: number;
}

export interface RecordProgress {
  readonly seconds: number;
  readonly symbols: number;
  readonly streams: number;
  readonly sockets: number;
  readonly scansDeclined: number;
  readonly events: number;
  readonly perSecond: number;
}

/** Of the journal's segments, each read twice: before the first socket opens. */
export interface RecoveryProgress {
  readonly recovered: string;
}

/** Records the configured sources until told to stop, then drains. Rejects with StorageError when the disk does not take the rows. */
export async function record(
  runtime: Runtime,
  config: Config,
  options: RecordOptions,
  telemetry: Telemetry,
  progress: (progress: RecordProgress | RecoveryProgress) => void,
): Promise<RecordSummary> {
  const what = `argus ${options.version}`;
  const { isTakeover = false } = options;
  const claim = (isTakeover ? claimDataPath : lockDataPath)(runtime, config.dataPath, what);
  const lock = typeof claim === "string" ? undefined : claim;
  try {
    if (isTakeover && lock !== undefined) new TakeoverHappenings(telemetry).nothingToTake();
    return await new Recording(runtime, config, options, telemetry, lock).run(options, progress);
  } finally {
    lock?.release();
  }
}
