import { assert, unreachable } from "../../lib/assert.ts";
import type { SealedColumn } from "./table.ts";

type OfKind<K extends SealedColumn["kind"]> = Extract<SealedColumn, { kind: K }>;

/** Columns of one kind, one below the other; each is copied once. */
export function concatColumns(columns: readonly SealedColumn[]): SealedColumn {
  const [first] = columns;
  assert(first !== undefined, "no column to begin with");
  switch (first.kind) {
    case "numbers":
      return { kind: "numbers", values: doubles(ofKind(columns, "numbers").map(({ values }) => values)) };
    case "flags": {
      const parts = ofKind(columns, "flags").map(({ values }) => values);
      return { kind: "flags", values: filled(new Uint8Array(lengthOf(parts)), parts) };
    }
    case "texts":
      return joinedTexts(ofKind(columns, "texts"));
    case "levels": {
      const parts = ofKind(columns, "levels");
      return {
        kind: "levels",
        counts: codes(parts.map(({ counts }) => counts)),
        prices: doubles(parts.map(({ prices }) => prices)),
        sizes: doubles(parts.map(({ sizes }) => sizes)),
      };
    }
    default:
      return unreachable(first);
  }
}

function ofKind<K extends SealedColumn["kind"]>(columns: readonly SealedColumn[], kind: K): OfKind<K>[] {
  return columns.map((column) => {
    assert(column.kind === kind, `a column of ${kind} got ${column.kind}`);
    return column as OfKind<K>;
  });
}

/** Usually all name the same texts in the same order: then the codes are taken as they are. */
function joinedTexts(columns: readonly OfKind<"texts">[]): SealedColumn {
  const codeOf = new Map<string, number>();
  const parts = columns.map(({ codes, values }) => {
    const renamed = Uint32Array.from([
      0,
      ...values.map((text) => {
        const code = codeOf.get(text) ?? codeOf.size + 1;
        codeOf.set(text, code);
        return code;
      }),
    ]);
    return renamed.every((code, i) => code === i) ? codes : codes.map((code) => renamed[code]!);
  });
  return { kind: "texts", codes: codes(parts), values: [...codeOf.keys()] };
}

function doubles(parts: readonly Float64Array<ArrayBuffer>[]): Float64Array<ArrayBuffer> {
  return filled(new Float64Array(lengthOf(parts)), parts);
}

function codes(parts: readonly Uint32Array<ArrayBuffer>[]): Uint32Array<ArrayBuffer> {
  return filled(new Uint32Array(lengthOf(parts)), parts);
}

function lengthOf(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function filled<A extends { set(part: A, at: number): void; readonly length: number }>(out: A, parts: readonly A[]): A {
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
