import { unreachable } from "../../lib/assert.ts";
import type { Cells } from "./cells.ts";
import type { SealedColumn, SealedTable } from "./table.ts";

/** Rows of some cells, from `first` on. */
export interface Part {
  readonly cells: Cells;
  readonly first: number;
}

const BLOCK_ROWS = 128; // their cells, 80 bytes a row, stay in the processor's first cache while each column takes its own

/** Rows of one type as columns, part after part, copied once. At least one part. */
export function columnsOf(parts: readonly Part[]): SealedTable {
  const rows = parts.reduce((sum, { cells, first }) => sum + cells.rows - first, 0);
  const columns = parts[0]!.cells.layout.kinds.map((kind) => emptyColumn(kind, rows));
  copyNumbers(columns, parts);
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
function copyNumbers(columns: readonly SealedColumn[], parts: readonly Part[]): void {
  const cellsOf = columns.filter((column) => column.kind !== "texts").map((column, at) => ({ column, at }));
  const doubles = cellsOf.flatMap(({ column, at }) => column.kind === "numbers" ? [{ values: column.values, at }] : []);
  const counts = cellsOf.flatMap(({ column, at }) =>
    column.kind === "numbers" ? [] : [{ values: column.kind === "flags" ? column.values : column.counts, at }]
  );
  let row = 0;
  for (let i = 0; i < parts.length; i++) {
    const { cells, first } = parts[i]!;
    const { width, rows } = cells;
    const numbers = cells.numbers.values;
    for (let from = first; from < rows; from += BLOCK_ROWS) {
      const block = { numbers, width, from, to: Math.min(rows, from + BLOCK_ROWS), shift: row - first };
      for (let j = 0; j < doubles.length; j++) copyDoubles(doubles[j]!.values, doubles[j]!.at, block);
      for (let j = 0; j < counts.length; j++) copyCounts(counts[j]!.values, counts[j]!.at, block);
    }
    row += rows - first;
  }
}

/** Rows `from` up to `to` of some cells, and where they go. */
interface Block {
  readonly numbers: Float64Array;
  readonly width: number;
  readonly from: number;
  readonly to: number;
  readonly shift: number;
}

// Two functions, because the engine is fast where an array is always of one kind.
function copyDoubles(values: Float64Array, at: number, { numbers, width, from, to, shift }: Block): void {
  for (let row = from, cell = from * width + at; row < to; row++, cell += width) values[shift + row] = numbers[cell]!;
}

function copyCounts(values: Uint32Array | Uint8Array, at: number, { numbers, width, from, to, shift }: Block): void {
  for (let row = from, cell = from * width + at; row < to; row++, cell += width) values[shift + row] = numbers[cell]!;
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
  const coders = columns.flatMap((column) => column.kind === "texts" ? [new TextCoder(column.codes)] : []);
  let row = 0;
  for (let i = 0; i < parts.length; i++) {
    const { cells, first } = parts[i]!;
    const { texts, rows } = cells;
    const shift = row - first;
    for (let run = texts.runOf(first), from = first; from < rows; run++) {
      const to = Math.min(rows, texts.endOf(run));
      for (let j = 0; j < coders.length; j++) coders[j]!.put(texts.textOf(run, j), shift + from, shift + to);
      from = to;
    }
    row += rows - first;
  }
  let text = 0;
  return columns.map((column) => column.kind === "texts" ? { ...column, values: coders[text++]!.values } : column);
}

class TextCoder {
  readonly #codes: Uint32Array;
  readonly #codeOf = new Map<string, number>();
  #text: string | undefined;
  #code = 0;

  constructor(codes: Uint32Array) {
    this.#codes = codes;
  }

  get values(): string[] {
    return [...this.#codeOf.keys()];
  }

  put(text: string | undefined, from: number, to: number): void {
    if (text !== this.#text) {
      this.#text = text;
      this.#code = text === undefined ? 0 : this.#codeOf.get(text) ?? this.#add(text);
    }
    if (this.#code === 0) return;
    if (to === from + 1) this.#codes[from] = this.#code;
    else this.#codes.fill(this.#code, from, to);
  }

  #add(text: string): number {
    const code = this.#codeOf.size + 1;
    this.#codeOf.set(text, code);
    return code;
  }
}
