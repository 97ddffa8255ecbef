/** Appends to a file as often as told, syncs it, and says what came of each step. */
import type { StorageError } from "../../../src/lib/errors.ts";
import { loadRuntime } from "../../../src/runtime/load.ts";

const { disk, process } = await loadRuntime(import.meta.url);
const [path, bytes, times] = process.args;
const file = disk.open(path!, "create");
const steps: string[] = [];
const step = (name: string, run: () => void) => {
  try {
    run();
    steps.push(`${name} ok`);
  } catch (error) {
    steps.push(`${name} ${(error as Error).name} ${(error as StorageError).code}`);
  }
};
for (let i = 0; i < Number(times); i++) step("append", () => file.append(new Uint8Array(Number(bytes)).fill(65 + i)));
step("sync", () => file.sync());
step("again", () => file.sync());
const size = file.size();
step("close", () => file.close());
await process.write("out", JSON.stringify({ steps, size, onDisk: disk.stat(path!)?.bytes }));
process.exit(0);
