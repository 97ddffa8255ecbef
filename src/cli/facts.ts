import { escapeControls } from "../lib/escape_controls.ts";
import { textWidth } from "../lib/text_width.ts";

/** A plain value with its field names as columns and JSON spell them. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (value instanceof Map) return snakeCase(Object.fromEntries(value));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeKey(key), snakeCase(inner)]));
}

/** `events 73,174 · gaps 0 · rows binance bbo 73,174`: a summary on one line. */
export function factsText(value: object): string {
  return leaves(value, []).map(([path, leaf]) => `${path.join(" ")} ${leafText(leaf)}`).join(" · ");
}

/** The same, a fact a line, with the names lined up. */
export function factsTable(value: object): string {
  const rows = leaves(value, []).map(([path, leaf]) => [path.join(" "), leafText(leaf)] as const);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, leaf]) => `${name.padEnd(width)}  ${leaf}`).join("\n");
}

/** Rows under a head, columns lined up: text to the left, numbers to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  const cells = rows.map((row) =>
    row.map((cell) => cell === undefined ? "" : typeof cell === "number" ? cell.toLocaleString("en-US") : escapeControls(cell))
  );
  const isNumber = head.map((_, i) => rows.some((row) => typeof row[i] === "number"));
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => textWidth(row[i]!))));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => isNumber[i] ? pad(cell, widths[i]!) + cell : cell + pad(cell, widths[i]!)).join("  ").trimEnd();
  return [head, ...cells].map(line).join("\n");
}

/** `45 s`, `12 min`, `3.5 h`, `2.1 d`: how long, at a glance. */
export function spanText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129_600 ? `${(seconds / 3_600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}

/** `512 B`, `78.5 GB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(units.length - 1, bytes < 1_000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}

function pad(cell: string, width: number): string {
  return " ".repeat(Math.max(0, width - textWidth(cell)));
}

function leaves(value: unknown, path: readonly string[]): (readonly [path: readonly string[], leaf: unknown])[] {
  const plain = value instanceof Map ? Object.fromEntries(value) : value;
  if (typeof plain !== "object" || plain === null) return plain === undefined ? [] : [[path, plain]];
  if (Array.isArray(plain) && plain.every((item) => typeof item !== "object")) return [[path, plain.join(", ")]];
  return Object.entries(plain).flatMap(([key, inner]) => leaves(inner, [...path, snakeKey(key).replaceAll("_", " ")]));
}

function leafText(leaf: unknown): string {
  if (typeof leaf !== "number") return escapeControls(String(leaf));
  return Number.isSafeInteger(leaf) ? leaf.toLocaleString("en-US") : leaf.toFixed(1);
}

function snakeKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
