import type { Runtime } from "../runtime/runtime.ts";
import { parseDuration } from "../lib/duration.ts";
import { ConfigError } from "../lib/errors.ts";
import { EXIT } from "./failure.ts";
import { factsText } from "./facts.ts";
import type { Output } from "./output.ts";

const BAR_AFTER_MS = 500;
const BAR_EVERY_MS = 100;
const BAR_WIDTH = 24;
const LINE_EVERY_MS = 10_000; // where there is no terminal to write over, a line now and then

/** Runs `work` with a signal that the first SIGINT, SIGTERM or SIGHUP aborts; the second ends the process at once with 4. */
export async function untilStopped<T>(runtime: Runtime, output: Output, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const cancel = runtime.process.onStop((signal) => {
    if (stop.signal.aborted) runtime.process.exit(EXIT.deadline);
    output.note(`argus: ${signal}, finishing; a second one stops at once and loses what is not on disk`);
    stop.abort();
  });
  try {
    return await work(stop.signal);
  } finally {
    cancel();
    output.status("");
  }
}

/** Shows how long work goes: one line written over on a terminal, else a line every ten seconds. */
export function progressTo(runtime: Runtime, output: Output): (progress: object) => void {
  let shownMs = runtime.clock.monotonicMs();
  return (progress) => {
    if (output.hasStatus) return output.status(factsText(progress));
    const nowMs = runtime.clock.monotonicMs();
    if (nowMs - shownMs < LINE_EVERY_MS) return;
    shownMs = nowMs;
    output.note(factsText(progress));
  };
}

/** A bar on a terminal, from when the work is found to be long; nothing anywhere else. */
export function barTo({ clock }: Pick<Runtime, "clock">, output: Output): (share: number, facts: object) => void {
  const beganMs = clock.monotonicMs();
  let shownMs = beganMs + BAR_AFTER_MS - BAR_EVERY_MS;
  return (share, facts) => {
    const nowMs = clock.monotonicMs();
    if (!output.hasStatus || nowMs - shownMs < BAR_EVERY_MS) return;
    shownMs = nowMs;
    const done = Math.min(1, Math.max(0, share));
    const bar = "#".repeat(Math.floor(done * BAR_WIDTH)).padEnd(BAR_WIDTH, ".");
    output.status(`[${bar}] ${String(Math.floor(100 * done)).padStart(3)} % · ${factsText(facts)}`);
  };
}

export function durationFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) {
    throw new ConfigError(flag, `${flag}: found ${JSON.stringify(text)}, expected a duration such as "30s".`);
  }
  return ms;
}
