import type { PriceWords } from "../book/packed_levels.ts";
import { countOf, expanded, type PagedLists } from "../storage/level_lists.ts";
import { dictionaryUpTo } from "../storage/parquet/dictionary.ts";

const PIECE = 4_096; // places unpacked at once: they stay in the processor's first cache
const DICTIONARY_SHARE = 8; // with fewer levels than such a part of its dictionary, hashing them costs less than going through all of it

/** One side of many rows of `depth`, as they are stored. Of a page is decoded what is asked for. */
export class BookSide {
  readonly #lists: PagedLists;
  readonly #starts = new Map<number, Uint32Array>();

  constructor(lists: PagedLists) {
    this.#lists = lists;
  }

  /** Of one row. */
  levels(row: number): PriceWords {
    const page = this.#pageOf(row);
    const at = row - this.#lists.firstRows[page]!;
    const [from, to] = [this.#startsOf(page)[at]!, this.#startsOf(page)[at + 1]!];
    let sizes: Float64Array | undefined;
    return {
      prices: expanded(this.#lists.prices(page), from, to),
      size: (index) => (sizes ??= expanded(this.#lists.sizes(page), from, to))[index]!,
    };
  }

  /** Of rows from one to before another, the older first. */
  lastWords(fromRow: number, toRow: number): PriceWords[] {
    const { firstRows } = this.#lists;
    const words: PageWords[] = [];
    for (let page = this.#pageOf(fromRow); firstRows[page]! < toRow; page++) {
      const prices = this.#lists.prices(page);
      const [first, end] = [firstRows[page]!, firstRows[page + 1]!];
      const from = fromRow > first ? this.#startsOf(page)[fromRow - first]! : 0;
      const to = toRow < end ? this.#startsOf(page)[toRow - first]! : countOf(prices);
      const isByDictionary = prices.places !== undefined && DICTIONARY_SHARE * (to - from) >= prices.values.length;
      if (isByDictionary && words.at(-1)?.dictionary !== prices.values) words.push(new PageWords(this.#lists, prices.values));
      if (isByDictionary) words.at(-1)!.add(page, from, to);
      else if (to > from) {
        const { values, indices } = dictionaryUpTo(expanded(prices, from, to), to - from)!;
        words.push(new PageWords(this.#lists, values));
        words.at(-1)!.addPlaces(page, from, indices);
      }
    }
    return words.map((each) => each.last());
  }

  #startsOf(page: number): Uint32Array {
    let starts = this.#starts.get(page);
    if (starts === undefined) this.#starts.set(page, starts = this.#lists.starts(page));
    return starts;
  }

  #pageOf(row: number): number {
    const { firstRows } = this.#lists;
    let page = 0;
    while (firstRows[page + 1]! <= row) page++;
    return page;
  }
}

interface WordsOfPage {
  readonly page: number;
  /** From where a level is counted here to where it is in its page. */
  readonly shift: number;
  readonly end: number;
  sizes: Float64Array | undefined;
}

/** Levels of some pages that follow each other: most change many times, and a dictionary tells without any hashing which word was the last. */
class PageWords {
  readonly dictionary: Float64Array;
  readonly #lists: PagedLists;
  /** Of each price of the dictionary 1 + where its last word is, counted over all levels; 0 = there is none. */
  readonly #last: Uint32Array;
  readonly #pages: WordsOfPage[] = [];
  #room: Uint32Array | undefined;
  #count = 0;

  constructor(lists: PagedLists, dictionary: Float64Array) {
    this.dictionary = dictionary;
    this.#lists = lists;
    this.#last = new Uint32Array(dictionary.length);
  }

  /** Levels of a page, from one to before another. */
  add(page: number, from: number, to: number): void {
    this.#begin(page, from, to - from);
    for (const places of this.#lists.prices(page).places!) {
      places.inPieces(from, to, this.#room ??= new Uint32Array(PIECE), (piece, count) => this.#take(piece, count));
    }
  }

  addPlaces(page: number, from: number, places: Uint32Array): void {
    this.#begin(page, from, places.length);
    this.#take(places, places.length);
  }

  last(): PriceWords {
    const last = this.#last;
    let count = 0;
    for (let place = 0; place < last.length; place++) if (last[place] !== 0) count++;
    const [prices, where] = [new Float64Array(count), new Uint32Array(count)];
    for (let place = 0, at = 0; place < last.length; place++) {
      if (last[place] === 0) continue;
      prices[at] = this.dictionary[place]!;
      where[at++] = last[place]! - 1;
    }
    return { prices, size: (index) => this.#size(where[index]!) };
  }

  #begin(page: number, from: number, levels: number): void {
    this.#pages.push({ page, shift: from - this.#count, end: this.#count + levels, sizes: undefined });
  }

  #take(places: Uint32Array, count: number): void {
    const last = this.#last;
    let at = this.#count;
    for (let i = 0; i < count; i++) last[places[i]!] = ++at;
    this.#count = at;
  }

  #size(where: number): number {
    let i = 0;
    while (this.#pages[i]!.end <= where) i++;
    const page = this.#pages[i]!;
    page.sizes ??= expanded(this.#lists.sizes(page.page));
    return page.sizes[where + page.shift]!;
  }
}
