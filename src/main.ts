import { runCli } from "./cli/cli.ts";
import { EXIT } from "./cli/failure.ts";
import { loadRuntime } from "./runtime/load.ts";
import type { Runtime } from "./runtime/runtime.ts";
import manifest from "../package.json" with { type: "json" };

/** Each of these makes the runtime inside the binary run code, or wait for a debugger, that is not ours. */
const FORBIDDEN = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT"];

/** argv → exit code. */
export async function main(runtime: Runtime, argv: readonly string[]): Promise<number> {
  const { process } = runtime;
  process.onFatal((error) => {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    void process.write("err", `argus: unexpected, this is a bug: ${text}\n`).then(() => process.exit(EXIT.unexpected));
  });
  const planted = isBinary() ? FORBIDDEN.filter((name) => process.env[name] !== undefined) : [];
  if (planted.length > 0) {
    await process.write(
      "err",
      `argus: refusing to run with ${planted.join(", ")} in the environment: it lets others run code in here. Unset it.\n`,
    );
    return EXIT.usage;
  }
  return await runCli(runtime, argv, manifest.version);
}

/** A compiled binary's own files live in a virtual folder. */
function isBinary(): boolean {
  return import.meta.url.includes("/$bunfs/") || import.meta.url.includes("/~BUN/");
}

if (import.meta.main) {
  const runtime = await loadRuntime(import.meta.url);
  runtime.process.exit(await main(runtime, runtime.process.args));
}
