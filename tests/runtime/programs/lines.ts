/** Prints lines until the reader is gone: the shape of `argus tail`. */
import { loadRuntime } from "../../../src/runtime/load.ts";

const runtime = await loadRuntime(import.meta.url);
for (let i = 0; await runtime.process.write("out", `line ${i}\n`); i++);
runtime.process.exit(0);
