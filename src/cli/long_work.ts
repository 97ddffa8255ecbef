import type { Runtime } from "../runtime/runtime.ts";
import { parseDuration } from "../lib/duration.ts";
import { ConfigError } from "../lib/errors.ts";
import { EXIT } from "./failure.ts";
import { factsText } from "./facts.ts";
import type { Output } from "./output.ts";

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
    if (output.isTerminal) return output.status(factsText(progress));
    const nowMs = runtime.clock.monotonicMs();
    if (nowMs - shownMs < LINE_EVERY_MS) return;
    shownMs = nowMs;
    output.note(factsText(progress));
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
