import { ConfigError } from "../lib/errors.ts";
import { Gateway } from "../processing/gateway/gateway.ts";
import type { GatewayWorld } from "../processing/gateway/gateway_world.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Config } from "./config.ts";
import { listenParts } from "./config_schema.ts";

/** The gateway as it is configured; undefined where it is off. */
export function gatewayOf({ listen, token, names }: Config["gateway"], world: GatewayWorld): Gateway | undefined {
  const address = listenParts(listen);
  return address === undefined ? undefined : new Gateway(world, { ...address, token, names });
}

/** Resolves with its address. Throws ConfigError where that cannot be had, before any socket to a venue opens. */
export async function listen(gateway: Gateway | undefined): Promise<string | undefined> {
  try {
    return await gateway?.listen();
  } catch (cause) {
    const { code } = cause as { readonly code?: string };
    const why = code === "EADDRINUSE" ? "something else listens there already" : cause instanceof Error ? cause.message : String(cause);
    const hint = 'Choose another with --listen or gateway.listen; port 0 takes any free one, "off" none.';
    throw new ConfigError("gateway.listen", `gateway.listen: cannot listen there: ${why}.`, hint);
  }
}

/** Undefined where the disk does not say. */
export function freeBytes({ disk }: Pick<Runtime, "disk">, dataPath: string): number | undefined {
  try {
    return disk.freeBytes(dataPath);
  } catch {
    return undefined;
  }
}
