import { sourceOf } from "../../exchanges/registry.ts";
import { lockHolder } from "../../processing/storage/lock.ts";
import { RestError, StorageError } from "../../lib/errors.ts";
import type { Binding } from "../../network/binding.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Config, SourceConfig } from "../config.ts";
import { bad, type Check, type Finding, type Surroundings } from "./check.ts";
import { dataPath } from "./data_path.ts";
import { diskRoom } from "./disk_room.ts";
import { fileLimit } from "./file_limit.ts";
import { gatewayPort } from "./gateway_port.ts";
import { journal } from "./journal.ts";
import { liveFrames } from "./live_frames.ts";
import { todoOf } from "./turned_away.ts";
import { universe } from "./universe.ts";
import { venueClock } from "./venue_clock.ts";
import { Visit } from "./visit.ts";

export interface DoctorOptions {
  /** How long a stream may take to bring its first frame. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface DoctorSummary {
  readonly good: number;
  readonly poor: number;
  readonly bad: number;
  /** False too where it was stopped before its end. */
  readonly isGood: boolean;
}

/** Of this machine. Sources come after it. */
const CHECKS: readonly Check[] = [dataPath, diskRoom, journal, fileLimit, gatewayPort];

/** Will it work here, now? Each finding is told as it is made. Nothing of a recorder that runs is touched. */
export async function doctor(
  runtime: Runtime,
  config: Config,
  options: DoctorOptions,
  tell: (finding: Finding) => void,
): Promise<DoctorSummary> {
  const counts = { good: 0, poor: 0, bad: 0 };
  const told = (finding: Finding) => {
    counts[finding.state]++;
    tell(finding);
  };
  const around: Surroundings = { runtime, config, holder: holderOf(runtime, config.dataPath), ...options };
  for (const check of CHECKS) {
    if (!options.signal.aborted) told(await check(around));
  }
  for (const [id, source] of Object.entries(config.sources)) await visited(around, id, source, told);
  return { ...counts, isGood: counts.bad === 0 && !options.signal.aborted };
}

/** A venue that asked for a pause, before or just now, is not asked anything more. */
async function visited(around: Surroundings, id: string, config: SourceConfig, tell: (finding: Finding) => void): Promise<void> {
  using visit = new Visit(around, sourceOf(id)!, config);
  const { signal } = around;
  if (visit.pausedMs > 0) {
    const says = `the venue asked this address to wait; ${Math.round(visit.pausedMs / 1_000)} s of it are left, and nothing was asked`;
    return tell(bad(`${id} limits`, says, "Wait: every request before that makes it longer. Run fewer programs on this address."));
  }
  const bindings: Binding[] = [];
  try {
    const clock = await venueClock(visit);
    if (clock !== undefined) tell(clock);
    const found = await universe(visit);
    tell(found.finding);
    bindings.push(...found.bindings);
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    if (signal.aborted) return;
    tell(bad(`${id} rest`, error.message, todoOf(config.restUrl, `sources.${id}.rest_url`, error.status)));
  }
  if (visit.pausedMs > 0 || signal.aborted) return;
  const frames = await liveFrames(visit, bindings);
  if (!signal.aborted) frames.forEach(tell);
}

/** A lock that cannot even be looked at is the data path's trouble, and told by its check. */
function holderOf(runtime: Runtime, dataPath: string): string | undefined {
  try {
    return lockHolder(runtime, dataPath);
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
