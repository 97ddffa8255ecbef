import type { ColumnMetaData, RowGroup } from "hyparquet";
import type { Column } from "../../../events/event_type.ts";
import type { Compression } from "../../../runtime/runtime.ts";
import { countOf, type Doubles } from "../level_lists.ts";
import type { Leaf, Values } from "./read_column.ts";
import { type ByteSource, StoredColumn } from "./stored_column.ts";

/** A column of levels in pages of some thousand rows each, whose parts are decoded one by one. */
export class StoredLists {
  /** Of each page its first row; behind the last one the number of rows. */
  readonly firstRows: readonly number[];
  readonly #prices: StoredColumn;
  readonly #sizes: StoredColumn;

  /** Reads no more than the headers of its pages. Throws RangeError for what is not as our writer makes it. */
  constructor({ name }: Pick<Column<never>, "name">, source: ByteSource, group: RowGroup, compression: Compression) {
    const open = (field: string) =>
      new StoredColumn(source, metadataAt(group, `${name}.list.element.${field}`), Number(group.num_rows), compression);
    this.#prices = open("price");
    this.#sizes = open("size");
    if (pagesOf(this.#prices) !== pagesOf(this.#sizes)) throw new RangeError("pages of prices and sizes do not belong together");
    const firstRows = [0];
    for (const { rows } of this.#prices.pages) firstRows.push(firstRows.at(-1)! + rows);
    this.firstRows = firstRows;
  }

  /** Of each row of a page its first level; behind the last one the number of levels. `source` is the same file, here and below. */
  starts(source: ByteSource, page: number): Uint32Array<ArrayBuffer> {
    return startsOf(this.#prices.page(source, page), this.firstRows[page + 1]! - this.firstRows[page]!);
  }

  /** Throws for what cannot be read whole. */
  prices(source: ByteSource, page: number): Doubles {
    return doublesOf(this.#prices.page(source, page).values);
  }

  sizes(source: ByteSource, page: number): Doubles {
    return doublesOf(this.#sizes.page(source, page).values);
  }
}

/** How many rows and levels each page has. Prices and sizes stand under the same levels, each under its page's CRC. */
function pagesOf({ pages }: StoredColumn): string {
  return pages.map(({ rows, slots, nulls }) => `${rows} ${slots} ${nulls}`).join();
}

/** The levels of a column at once: nothing is looked up in a dictionary. */
export function levelLists(price: Leaf, size: Leaf, rows: number) {
  const [prices, sizes] = [doublesOf(price.values), doublesOf(size.values)];
  if (countOf(prices) !== countOf(sizes) || price.slots !== size.slots) {
    throw new RangeError("a list's prices and sizes do not belong together");
  }
  return { starts: startsOf(price, rows), prices, sizes };
}

export function metadataAt({ columns }: RowGroup, path: string): ColumnMetaData {
  const metadata = columns.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === path)?.meta_data;
  if (metadata === undefined) throw new RangeError(`column ${path} is missing`);
  return metadata;
}

export function doublesOf(values: Values): Doubles {
  if (values.kind === "numbers") return { values: values.values, places: undefined };
  if (values.kind === "coded") return values;
  throw new RangeError(`it has ${values.kind} where numbers are`);
}

function startsOf(leaf: Leaf, rows: number): Uint32Array<ArrayBuffer> {
  const [repeats, defined] = [leaf.repeats(), leaf.defined()];
  const starts = new Uint32Array(rows + 1);
  let row = 0;
  let level = 0;
  for (let i = 0; i < leaf.slots; i++) {
    if (repeats === undefined || repeats[i] === 0) starts[row++] = level;
    if (defined === undefined || defined[i] === 1) level++;
  }
  if (row !== rows) throw new RangeError(`a list has ${row} rows, not ${rows}`);
  starts[rows] = level;
  return starts;
}
