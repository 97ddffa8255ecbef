import { loadRuntime } from "../../../src/runtime/load.ts";

const runtime = await loadRuntime(import.meta.url);
const isWhole = await runtime.process.write("out", "x".repeat(1 << 20));
runtime.process.exit(isWhole ? 0 : 1);
