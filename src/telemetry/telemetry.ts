import type { Runtime } from "../runtime/runtime.ts";
import { escapeControls } from "../lib/escape_controls.ts";
import { isoOf } from "../lib/time.ts";

/** ERROR = data was lost or a person is needed. WARN = recovered, nothing lost. */
export type LogLevel = "error" | "warn" | "info" | "debug";
export const LOG_LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug"];

export interface LogLine {
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Where log lines go. The command line prints them; tests collect them. */
export type LogSink = (line: LogLine) => void;

/**
 * Counters, gauges and log lines of one process. Nothing calls `log` or `count` directly but the `…happenings.ts`, which have one function
 * for each thing that can happen, so that a line and its counter never part.
 */
export class Telemetry {
  readonly #clock: Runtime["clock"];
  readonly #sink: LogSink;
  readonly #counters = new Map<string, number>();

  constructor(clock: Runtime["clock"], sink: LogSink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#sink({ time: this.#clock.wallTime(), level, message, fields });
  }

  /** `name{label="value"}`: labels have bounded values; no symbols, no paths, no tokens. */
  count(name: string, amount = 1, labels: Readonly<Record<string, string>> = {}): void {
    const key = metricKey(name, labels);
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + amount);
  }

  /** Counts one at each call, without putting the name together again. */
  tally(name: string, labels: Readonly<Record<string, string>>): () => void {
    const key = metricKey(name, labels);
    return () => void this.#counters.set(key, (this.#counters.get(key) ?? 0) + 1);
  }

  /** A value that replaces the one before. */
  gauge(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    this.#counters.set(metricKey(name, labels), value);
  }

  counter(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#counters.get(metricKey(name, labels)) ?? 0;
  }

  /** A counter summed over all its labels. */
  total(name: string): number {
    let total = 0;
    for (const [key, count] of this.#counters) if (key === name || key.startsWith(`${name}{`)) total += count;
    return total;
  }

  counters(): ReadonlyMap<string, number> {
    return this.#counters;
  }
}

function metricKey(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1).map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

/** One line for a person: `2026-11-24T10:00:00.000000Z WARN message key=value`, control characters escaped. */
export function formatLine(line: LogLine): string {
  const known = Object.entries(line.fields).filter(([, value]) => value !== undefined);
  const fields = known.map(([key, value]) => ` ${key}=${formatValue(value)}`).join("");
  return `${isoOf(line.time)} ${line.level.toUpperCase()} ${escapeControls(line.message)}${fields}`;
}

function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  return /[\s"=]/.test(text) && typeof value === "string" ? escapeControls(JSON.stringify(text)) : escapeControls(text);
}
