import { parse, TomlError } from "smol-toml";
import type { Runtime } from "../runtime/runtime.ts";
import { ConfigError } from "../lib/errors.ts";

/** A value as one layer gives it, before anything checked it. */
export interface Given {
  /** `sources.binance.ws_url` */
  readonly key: string;
  readonly value: unknown;
  /** Where it came from, for people: `flag --data-path`, `environment ARGUS_DATA_PATH`, a file's path. */
  readonly origin: string;
  /** Text from a flag or the environment: lists are split at commas, integers read. */
  readonly isText: boolean;
}

const ENV_PREFIX = "ARGUS_";

/** `ARGUS_SOURCES__BINANCE__WS_URL`. A variable set to nothing counts as not set: that is how compose files say "no value". */
export function environmentLayer(env: Runtime["process"]["env"]): Given[] {
  return Object.entries(env).filter(([name, value]) => name.startsWith(ENV_PREFIX) && value !== undefined && value !== "").map((
    [name, value],
  ) => ({
    key: name.slice(ENV_PREFIX.length).toLowerCase().replaceAll("__", "."),
    value,
    origin: `environment ${name}`,
    isText: true,
  }));
}

/** The file in use: `--config`, else ./argus.toml, else the user's own; undefined when there is none. */
export function configFile(runtime: Pick<Runtime, "disk" | "process">, flag: string | undefined): string | undefined {
  const { disk, process } = runtime;
  if (flag !== undefined) {
    if (!disk.exists(flag)) throw new ConfigError("--config", `Cannot read ${flag}: no such file.`, "argus config init writes one.");
    return flag;
  }
  const home = process.env["XDG_CONFIG_HOME"] || (process.env["HOME"] ? `${process.env["HOME"]}/.config` : undefined);
  const places = ["argus.toml", ...(home ? [`${home}/argus/argus.toml`] : [])];
  return places.find((path) => disk.exists(path));
}

export function fileLayer(disk: Runtime["disk"], path: string): Given[] {
  const text = new TextDecoder().decode(disk.read(path));
  try {
    return flatten(parse(text), "", path);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new ConfigError(
      path,
      `Cannot read ${path}: not TOML at line ${error.line}, column ${error.column}: ${error.message.split("\n")[0]}`,
    );
  }
}

/** Leaves of the tables; an empty table is a leaf too, since `[sources.binance]` alone already names a source. */
function flatten(table: object, prefix: string, origin: string): Given[] {
  return Object.entries(table).flatMap(([name, value]) => {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    const isTable = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (isTable && Object.keys(value).length > 0) return flatten(value, key, origin);
    return [{ key, value, origin, isText: false }];
  });
}
