import { US_PER_MS } from "./time.ts";

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const MICROS = /^\d{1,16}$/;

/**
 * A moment a person wrote, in µs since the epoch: ISO 8601 (UTC where it names no zone; digits behind the µs are cut off) or µs as digits.
 * Undefined for anything else, 30 February included.
 */
export function parseTime(text: string): number | undefined {
  if (MICROS.test(text)) return Number(text);
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const back = new Date(ms).toISOString();
  if (back.slice(0, 19) !== `${year}-${month}-${day}T${hour}:${minute}:${second}`) return undefined;
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
  return ms * US_PER_MS + micros - offsetOf(zone);
}

function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const digits = zone.replace(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (zone.startsWith("-") ? -1 : 1) * minutes * 60 * 1_000 * US_PER_MS;
}
