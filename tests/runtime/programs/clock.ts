/** How long 100 ms last, by each clock and timer. */
import { loadRuntime } from "../../../src/runtime/load.ts";

const { clock, timers, process } = await loadRuntime(import.meta.url);
const beganMs = clock.monotonicMs();
const wall = clock.wallTime();
timers.after(300, () => {
  const lastedMs = clock.monotonicMs() - beganMs;
  void process.write("out", JSON.stringify({ lastedMs, wallMs: (clock.wallTime() - wall) / 1_000, beganAt: wall })).then(() =>
    process.exit(0)
  );
});
