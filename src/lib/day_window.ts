import { US_PER_DAY } from "./time.ts";

/** A part of every UTC day, in µs from midnight. `to` below `from` goes over midnight; never empty. */
export interface DayWindow {
  readonly from: number;
  readonly to: number;
}

const US_PER_MINUTE = 60_000_000;

/** `"02:00-05:00"`; undefined for anything else, and for a window without length. */
export function parseDayWindow(text: string): DayWindow | undefined {
  const [, fromHour, fromMinute, toHour, toMinute] = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (toMinute === undefined) return undefined;
  const [from, to] = [usOf(fromHour!, fromMinute!), usOf(toHour!, toMinute)];
  return from === to ? undefined : { from, to };
}

export function formatDayWindow({ from, to }: DayWindow): string {
  return `${textOf(from)}-${textOf(to)}`;
}

/** The last stretch of the window between two moments, as far as it lies between them; undefined where none does. */
export function lastWindow({ from, to }: DayWindow, fromTime: number, toTime: number): readonly [from: number, to: number] | undefined {
  const length = (to - from + US_PER_DAY) % US_PER_DAY;
  for (let start = Math.floor(toTime / US_PER_DAY) * US_PER_DAY + from; start + length > fromTime; start -= US_PER_DAY) {
    const stretch = [Math.max(start, fromTime), Math.min(start + length, toTime)] as const;
    if (stretch[0] < stretch[1]) return stretch;
  }
  return undefined;
}

function usOf(hours: string, minutes: string): number {
  return (Number(hours) * 60 + Number(minutes)) * US_PER_MINUTE;
}

function textOf(us: number): string {
  const minutes = us / US_PER_MINUTE;
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
