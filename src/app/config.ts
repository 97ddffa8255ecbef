import * as v from "valibot";
import type { Runtime } from "../runtime/runtime.ts";
import { ConfigError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { sourceOf, SOURCES } from "../exchanges/registry.ts";
import type { Given } from "./config_layers.ts";
import { configFile, environmentLayer, fileLayer } from "./config_layers.ts";
import type { Config, Setting, SourceConfig } from "./config_schema.ts";
import { COMMON_SETTINGS, isLoopback, sourceProblem, sourceSettings } from "./config_schema.ts";

export type { Config, SourceConfig } from "./config_schema.ts";

/** Flags as given, unread. `symbols`, `exclude` and `types` hold for every source. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly source?: string | undefined;
  readonly symbols?: string | undefined;
  readonly exclude?: string | undefined;
  readonly types?: string | undefined;
  readonly dataPath?: string | undefined;
  readonly flushInterval?: string | undefined;
  readonly listen?: string | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value came from, by key: `flag --data-path`, `environment ARGUS_…`, a file, `default`. */
  readonly origins: ReadonlyMap<string, string>;
  readonly file: string | undefined;
}

/** flag > environment > file > default. Throws one ConfigError that lists everything wrong, a line each. */
export function loadConfig(runtime: Pick<Runtime, "disk" | "process">, flags: ConfigFlags): LoadedConfig {
  const file = configFile(runtime, flags.config);
  const named = flags.source === undefined ? undefined : words(flags.source);
  const below = [...(file === undefined ? [] : fileLayer(runtime.disk, file)), ...environmentLayer(runtime.process.env)];
  const configured = [...new Set(below.flatMap(({ key }) => key.startsWith("sources.") ? [key.split(".")[1]!] : []))];
  const ids = [...new Set(named ?? configured)];
  const reading = new Reading();
  if (named !== undefined) { for (const id of ids) reading.checkSource(id, "flag --source"); }
  for (const given of [...below, ...flagLayer(flags, ids)]) reading.take(given);
  const config = reading.finish(ids, named !== undefined);
  return { config, origins: reading.origins(ids), file };
}

/** What holds when nobody says anything. */
export function defaultConfig(ids: readonly string[]): Config {
  const reading = new Reading();
  for (const id of ids) reading.checkSource(id, "flag --source");
  return reading.finish(ids, true);
}

/** The sources of a config that must have some. */
export function requireSources(config: Config): Config {
  if (Object.keys(config.sources).length > 0) return config;
  const supported = SOURCES.map((source) => source.id);
  throw new ConfigError(
    "--source",
    "No source named.",
    `Say --source ${supported[0]}, or put [sources.${supported[0]}] in argus.toml. Supported: ${supported.join(", ")}.`,
  );
}

/** The settings of a config in the order of the documentation: the common ones, then each source's. */
export function settingsOf(ids: readonly string[]): Map<string, Setting> {
  const settings = new Map(Object.entries(COMMON_SETTINGS));
  for (const id of ids) {
    const source = sourceOf(id);
    if (source === undefined) continue;
    for (const [name, setting] of Object.entries(sourceSettings(source))) settings.set(`sources.${id}.${name}`, setting);
  }
  return settings;
}

/** Takes the layers from the weakest to the strongest and notes every problem on the way. */
class Reading {
  readonly #settings = settingsOf(SOURCES.map((source) => source.id));
  readonly #problems: { readonly key: string; readonly text: string }[] = [];
  readonly #refused = new Set<string>();
  readonly #values = new Map<string, { readonly value: unknown; readonly origin: string }>();

  /** Each unusable source is told once, however many keys it has. */
  checkSource(id: string, origin?: string): void {
    const why = sourceProblem(id);
    if (why === undefined || this.#refused.has(id)) return;
    this.#refused.add(id);
    this.#problems.push({ key: `sources.${id}`, text: `${origin ?? `sources.${id}`}: ${why}` });
  }

  take(given: Given): void {
    const [head, id] = given.key.split(".");
    if (isEmptyTable(given.value) && ["journal", "gateway", "sources"].includes(given.key)) return;
    if (head === "sources" && id !== undefined) {
      this.checkSource(id);
      if (this.#refused.has(id) || (isEmptyTable(given.value) && given.key === `sources.${id}`)) return;
    }
    const setting = this.#settings.get(given.key);
    if (setting === undefined) return void this.#problems.push({ key: given.key, text: this.#unknown(given) });
    const raw = given.isText ? ofText(setting, String(given.value)) : given.value;
    const parsed = v.safeParse(setting.schema, raw);
    if (parsed.success) this.#values.set(given.key, { value: parsed.output, origin: given.origin });
    else {
      const found = JSON.stringify(given.value, (_, value) => typeof value === "bigint" ? String(value) : value);
      this.#problems.push({ key: given.key, text: `${given.key} (${given.origin}): found ${found}, expected ${setting.expected}.` });
    }
  }

  #unknown(given: Given): string {
    const keys = [...this.#settings.keys()];
    const siblings = given.key.startsWith("sources.")
      ? keys.filter((key) => key.startsWith(given.key.split(".").slice(0, 2).join(".")))
      : keys;
    if (keys.some((key) => key.startsWith(`${given.key}.`))) {
      return `${given.key} (${given.origin}): found ${JSON.stringify(given.value)}, expected a table.`;
    }
    const close = nearest(given.key, siblings);
    const allowed = siblings.filter((key) => given.key.startsWith("sources.") || !key.startsWith("sources."));
    return `${given.key} (${given.origin}): unknown key.${close ? ` Did you mean ${close}?` : ""} Allowed: ${allowed.join(", ")}${
      siblings === keys ? ", sources.<id>.…" : ""
    }.`;
  }

  #read(key: string): { readonly value: unknown; readonly origin: string } {
    const setting = this.#settings.get(key)!;
    return this.#values.get(key) ?? { value: v.parse(setting.schema, setting.default), origin: "default" };
  }

  finish(ids: readonly string[], isNamed: boolean): Config {
    const listen = this.#read("gateway.listen");
    const token = this.#read("gateway.token").value as string;
    if (!isLoopback(listen.value as string) && token === "") {
      const text = `gateway.listen (${listen.origin}): ${
        JSON.stringify(listen.value)
      } is reachable from outside, expected gateway.token beside it. Set ARGUS_GATEWAY__TOKEN or listen on 127.0.0.1.`;
      this.#problems.push({ key: "gateway.token", text });
    }
    if (isNamed && ids.length === 0) this.#problems.push({ key: "--source", text: "flag --source: found nothing, expected a source." });
    const [first] = this.#problems;
    if (first !== undefined) throw new ConfigError(first.key, this.#problems.map(({ text }) => text).join("\n"));
    return {
      dataPath: this.#read("data_path").value as string,
      flushIntervalMs: this.#read("flush_interval").value as number,
      flushRows: this.#read("flush_rows").value as number,
      journal: {
        writeIntervalMs: this.#read("journal.write_interval").value as number,
        syncIntervalMs: this.#read("journal.sync_interval").value as number,
      },
      gateway: { listen: listen.value as string, token, names: this.#read("gateway.names").value as string[] },
      sources: Object.fromEntries(ids.map((id) => [id, this.#source(`sources.${id}`)])),
    };
  }

  #source(prefix: string): SourceConfig {
    const value = (name: string) => this.#read(`${prefix}.${name}`).value;
    return {
      symbols: value("symbols") as string[],
      exclude: value("exclude") as string[],
      types: value("types") as string[],
      universeIntervalMs: value("universe_interval") as number,
      workerMaxAgeMs: value("worker_max_age") as number,
      rotateWindow: value("rotate_window") as SourceConfig["rotateWindow"],
      redundancy: value("redundancy") as number,
      bookAnchorIntervalMs: value("book_anchor_interval") as number,
      bookAnchorChanges: value("book_anchor_changes") as number,
      wsUrls: value("ws_url") as string[],
      restUrl: value("rest_url") as string,
    };
  }

  origins(ids: readonly string[]): Map<string, string> {
    return new Map([...settingsOf(ids).keys()].map((key) => [key, this.#read(key).origin]));
  }
}

function flagLayer(flags: ConfigFlags, ids: readonly string[]): Given[] {
  const common = [["data_path", "--data-path", flags.dataPath], ["flush_interval", "--flush-interval", flags.flushInterval], [
    "gateway.listen",
    "--listen",
    flags.listen,
  ]] as const;
  const each = [["symbols", "--symbols", flags.symbols], ["exclude", "--exclude", flags.exclude], [
    "types",
    "--types",
    flags.types,
  ]] as const;
  const all = [...common, ...ids.flatMap((id) => each.map(([name, flag, value]) => [`sources.${id}.${name}`, flag, value] as const))];
  return all.filter(([, , value]) => value !== undefined).map(([key, flag, value]) => ({
    key,
    value,
    origin: `flag ${flag}`,
    isText: true,
  }));
}

function ofText(setting: Setting, text: string): unknown {
  switch (setting.shape) {
    case "text":
      return text;
    case "list":
      return words(text);
    case "integer":
      return /^\d{1,9}$/.test(text) ? Number(text) : text;
  }
}

function words(text: string): string[] {
  return text.trim() === "" ? [] : text.split(",").map((word) => word.trim());
}

function isEmptyTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date) &&
    Object.keys(value).length === 0;
}
