import { unreachable } from "../../lib/assert.ts";
import type { Cells } from "./cells.ts";
import type { SealedColumn, SealedTable } from "./table.ts";

/** Rows of some cells, from `first` on. */
export interface Part {
  readonly cells: Cells;
  readonly first: number;
}

const BLOCK_ROWS = 128; // their cells, 80 bytes a row, stay in the processor's first cache while each column takes its own

/** Rows of one type as columns, part after part, copied once. `kinds` are those of the type. */
export function columnsOf(kinds: readonly SealedColumn["kind"][], parts: readonly Part[]): SealedTable {
  const rows = parts.reduce((sum, { cells, first }) => sum + cells.rows - first, 0);
  const columns = kinds.map((kind) => emptyColumn(kind, rows));
  let row = 0;
  for (const { cells, first } of parts) {
    copyNumbers(columns, row, cells, first);
    row += cells.rows - first;
  }
  return { rows, columns: withTexts(withLevels(columns, parts), parts) };
}

function emptyColumn(kind: SealedColumn["kind"], rows: number): SealedColumn {
  switch (kind) {
    case "numbers":
      return { kind, values: new Float64Array(rows) };
    case "flags":
      return { kind, values: new Uint8Array(rows) };
    case "texts":
      return { kind, codes: new Uint32Array(rows), values: [] };
    case "levels":
      return { kind, counts: new Uint32Array(rows), prices: new Float64Array(0), sizes: new Float64Array(0) };
    default:
      return unreachable(kind);
  }
}

/** All cells; of a list of levels that is how many there are. */
function copyNumbers(columns: readonly SealedColumn[], row: number, cells: Cells, first: number): void {
  for (let from = first; from < cells.rows; from += BLOCK_ROWS) {
    const to = Math.min(cells.rows, from + BLOCK_ROWS);
    const shift = row - first;
    let at = 0;
    for (const column of columns) {
      if (column.kind === "texts") continue;
      if (column.kind === "numbers") copyDoubles(column.values, shift, cells, at++, from, to);
      else copyCounts(column.kind === "flags" ? column.values : column.counts, shift, cells, at++, from, to);
    }
  }
}

// Two functions, because the engine is fast where an array is always of one kind.
function copyDoubles(values: Float64Array, shift: number, { numbers, width }: Cells, at: number, from: number, to: number): void {
  const cells = numbers.values;
  for (let row = from, cell = from * width + at; row < to; row++, cell += width) values[shift + row] = cells[cell]!;
}

function copyCounts(
  values: Uint32Array | Uint8Array,
  shift: number,
  { numbers, width }: Cells,
  at: number,
  from: number,
  to: number,
): void {
  const cells = numbers.values;
  for (let row = from, cell = from * width + at; row < to; row++, cell += width) values[shift + row] = cells[cell]!;
}

/** Prices and sizes apart, one side of the book apart from the other. */
function withLevels(columns: readonly SealedColumn[], parts: readonly Part[]): SealedColumn[] {
  const filled = columns.map((column) => {
    if (column.kind !== "levels") return column;
    const length = column.counts.reduce((sum, count) => sum + count, 0);
    return { ...column, prices: new Float64Array(length), sizes: new Float64Array(length) };
  });
  const lists = filled.filter((column) => column.kind === "levels");
  const written = lists.map(() => 0);
  let row = 0;
  for (const { cells, first } of lists.length === 0 ? [] : parts) {
    const levels = cells.levels.values;
    let from = cells.levelsBefore(first);
    for (const end = row + cells.rows - first; row < end; row++) {
      for (let i = 0; i < lists.length; i++) {
        const { counts, prices, sizes } = lists[i]!;
        let to = written[i]!;
        for (const last = to + counts[row]!; to < last; to++) {
          prices[to] = levels[from++]!;
          sizes[to] = levels[from++]!;
        }
        written[i] = to;
      }
    }
  }
  return filled;
}

/** Texts as codes, counted from 1 in the order they come; 0 is null. */
function withTexts(columns: readonly SealedColumn[], parts: readonly Part[]): SealedColumn[] {
  let index = 0;
  return columns.map((column) => {
    if (column.kind !== "texts") return column;
    const text = index++;
    const codeOf = new Map<string | undefined, number>([[undefined, 0]]);
    let row = 0;
    for (const { cells, first } of parts) {
      const shift = row - first;
      cells.texts.between(text, first, cells.rows, (value, from, to) => {
        let code = codeOf.get(value);
        if (code === undefined) codeOf.set(value, code = codeOf.size);
        if (code !== 0) column.codes.fill(code, shift + from, shift + to);
      });
      row += cells.rows - first;
    }
    return { ...column, values: [...codeOf.keys()].slice(1) as string[] };
  });
}
