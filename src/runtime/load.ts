import type { Runtime } from "./runtime.ts";
import type { RuntimeOptions } from "./node_shared.ts";

/** The runtime we are in. Imported on demand: `bun:ffi` does not exist on Deno, and `Deno` not on Bun. */
export async function loadRuntime(mainUrl: string, options: Omit<RuntimeOptions, "mainUrl"> = {}): Promise<Runtime> {
  const { createRuntime } = "Deno" in globalThis ? await import("./deno.ts") : await import("./bun.ts");
  return createRuntime({ ...options, mainUrl });
}
