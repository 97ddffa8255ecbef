import { ConfigError } from "../lib/errors.ts";
import { parseTime } from "../lib/parse_time.ts";

export function timeFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw new ConfigError(
    flag,
    `${flag}: found ${
      JSON.stringify(text)
    }, expected a moment such as 2026-11-20T13:00:01.2Z (UTC where it names no zone), or µs since the epoch.`,
  );
}

export function countFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ConfigError(flag, `${flag}: found ${JSON.stringify(text)}, expected a number.`);
}

/** The one path a command is about. */
export function onePath(command: string, words: readonly string[]): string {
  const [path] = words;
  if (path === undefined || words.length > 1) throw new ConfigError("PATH", `argus ${command} takes one path, found ${words.length}.`);
  return path;
}
