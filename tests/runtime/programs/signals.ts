/** Blocks its loop for a second while signals come in, then says which arrived and after how long. */
import { loadRuntime } from "../../../src/runtime/load.ts";

const runtime = await loadRuntime(import.meta.url);
const beganMs = runtime.clock.monotonicMs();
const heard: string[] = [];
let firstMs = Infinity;
runtime.process.onStop((signal) => {
  heard.push(signal);
  firstMs = Math.min(firstMs, runtime.clock.monotonicMs() - beganMs);
});
await runtime.process.write("out", "ready\n");
while (runtime.clock.monotonicMs() - beganMs < 1_000);
runtime.timers.after(300, () => {
  void runtime.process.write("out", JSON.stringify({ heard: heard.sort(), firstMs })).then(() => runtime.process.exit(0));
});
