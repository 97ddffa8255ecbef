/** Changes to a frame, made in its text, so that a number beyond 2^53 stays what was written. */
export type FieldPath = readonly (string | number)[];

/** Every field of a payload, and every element of its innermost lists. */
export function fieldsOf(payload: unknown, path: FieldPath = []): FieldPath[] {
  if (typeof payload !== "object" || payload === null) return [path];
  const inside = Object.entries(payload).flatMap(([key, value]) => fieldsOf(value, [...path, Array.isArray(payload) ? Number(key) : key]));
  return path.length === 0 ? inside : [path, ...inside];
}

export function valueAt(frame: unknown, path: FieldPath): unknown {
  return path.reduce((value, key) => (value as Record<string | number, unknown>)[key], frame);
}

const PLACE = "\u0001place\u0001";

/** The frame with the JSON text `raw` at a path of its payload. */
export function withRaw(text: string, path: FieldPath, raw: string): string {
  const frame = JSON.parse(text);
  const parent = valueAt(frame, ["data", ...path.slice(0, -1)]) as Record<string | number, unknown>;
  parent[path.at(-1)!] = PLACE;
  return JSON.stringify(frame).replace(JSON.stringify(PLACE), () => raw);
}

/** The frame without a field, or without an element of a list. */
export function without(text: string, path: FieldPath): string {
  const frame = JSON.parse(text);
  const parent = valueAt(frame, ["data", ...path.slice(0, -1)]);
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
  else delete (parent as Record<string, unknown>)[String(path.at(-1))];
  return JSON.stringify(frame);
}
