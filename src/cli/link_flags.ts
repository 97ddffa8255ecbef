import { loadConfig } from "../app/config.ts";
import { type RecorderLink, recorderLink } from "../app/recorder_link.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { CONFIG_ARGS } from "./command.ts";
import { configFlags } from "./config_flags.ts";

/** Which recorder: flags of the commands that watch one. */
export const LINK_ARGS = {
  url: { type: "string", valueHint: "http://127.0.0.1:8321", description: "The recorder's address; else its data path says it" },
  "data-path": CONFIG_ARGS["data-path"],
  listen: CONFIG_ARGS.listen,
  config: CONFIG_ARGS.config,
} as const;

export function linkOf(runtime: Runtime, args: Parameters<typeof configFlags>[0] & { readonly url?: string | undefined }): RecorderLink {
  return recorderLink(runtime, loadConfig(runtime, configFlags(args)).config, args.url);
}
