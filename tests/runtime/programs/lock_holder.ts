/** Takes the lock it is told to and keeps it until it is killed. */
import { loadRuntime } from "../../../src/runtime/load.ts";

const { disk, process, timers } = await loadRuntime(import.meta.url);
const lock = disk.lock(process.args[0]!);
lock?.describe(`pid ${process.pid}`);
await process.write("out", lock === undefined ? "refused\n" : "locked\n");
if (lock === undefined) process.exit(0);
timers.every(60_000, () => {});
