import { formatDayWindow } from "../lib/day_window.ts";
import { formatDuration } from "../lib/duration.ts";
import { settingsOf } from "./config.ts";
import type { Config } from "./config_schema.ts";

/** A config as the TOML that gives it back, with a comment beside each value. */
export function tomlOf(config: Config, comment: (key: string) => string): string {
  const values = userValues(config);
  const lines: string[] = [];
  let table = "";
  for (const [key, value] of values) {
    const at = key.lastIndexOf(".");
    const owner = at < 0 ? "" : key.slice(0, at);
    if (owner !== table) lines.push("", `[${owner}]`);
    table = owner;
    lines.push(`${key.slice(at + 1)} = ${tomlValue(value)}`.padEnd(COMMENT_COLUMN) + ` # ${comment(key)}`);
  }
  return `${lines.join("\n")}\n`;
}

const COMMENT_COLUMN = 40;

/** What `argus config init` writes: every key with its default and what it is for. */
export function exampleToml(config: Config): string {
  const settings = settingsOf(Object.keys(config.sources));
  const head = "# Argus. Flags and ARGUS_… environment variables override this file; `argus config show` tells what holds.\n";
  return head + tomlOf(config, (key) => settings.get(key)?.doc ?? "");
}

/** Every key with its value as a user would write it. */
export function userValues(config: Config): Map<string, unknown> {
  const values = new Map<string, unknown>([
    ["data_path", config.dataPath],
    ["flush_interval", formatDuration(config.flushIntervalMs)],
    ["flush_rows", config.flushRows],
    ["journal.write_interval", formatDuration(config.journal.writeIntervalMs)],
    ["journal.sync_interval", formatDuration(config.journal.syncIntervalMs)],
    ["gateway.listen", config.gateway.listen],
    ["gateway.token", config.gateway.token],
    ["gateway.names", config.gateway.names],
  ]);
  for (const [id, source] of Object.entries(config.sources)) {
    const prefix = `sources.${id}`;
    values.set(`${prefix}.symbols`, source.symbols);
    values.set(`${prefix}.exclude`, source.exclude);
    values.set(`${prefix}.types`, source.types);
    values.set(`${prefix}.universe_interval`, formatDuration(source.universeIntervalMs));
    values.set(`${prefix}.worker_max_age`, formatDuration(source.workerMaxAgeMs));
    values.set(`${prefix}.rotate_window`, source.rotateWindow === undefined ? "" : formatDayWindow(source.rotateWindow));
    values.set(`${prefix}.redundancy`, source.redundancy);
    values.set(`${prefix}.book_anchor_interval`, formatDuration(source.bookAnchorIntervalMs));
    values.set(`${prefix}.book_anchor_changes`, source.bookAnchorChanges);
    values.set(`${prefix}.ws_url`, source.wsUrls.length === 1 ? source.wsUrls[0] : source.wsUrls);
    values.set(`${prefix}.rest_url`, source.restUrl);
  }
  return values;
}

function tomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(", ")}]`;
  // JSON's escapes are TOML's, but TOML also forbids a bare DEL and knows no lone surrogate, which JSON already escapes.
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}
