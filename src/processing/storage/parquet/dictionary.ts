const VALUES_MAX = 65_536; // measured: beyond it plain pages are smaller
const REPEATS_MIN = 4; // on average; measured on real depth: with fewer, plain pages behind zstd are smaller
const MULTIPLIER = 0x9e3779b1;

/** Distinct doubles in order of first use, and each row's place among them. */
export interface Dictionary {
  readonly values: Float64Array<ArrayBuffer>;
  readonly indices: Uint32Array<ArrayBuffer>;
}

/**
 * The dictionary of a column, or undefined where it would not pay: values that hardly repeat are smaller as plain doubles behind zstd.
 * Told apart by their bits, so that −0 is not 0.
 */
export function dictionaryOf(column: Float64Array<ArrayBuffer>): Dictionary | undefined {
  return dictionaryUpTo(column, Math.min(VALUES_MAX, Math.floor(column.length / REPEATS_MIN)));
}

/** The same, however often values repeat; undefined where more than so many are different. */
export function dictionaryUpTo(column: Float64Array<ArrayBuffer>, valuesMax: number): Dictionary | undefined {
  if (valuesMax === 0) return undefined;
  const halves = new Uint32Array(column.buffer, column.byteOffset, column.length * 2);
  const mask = 2 ** Math.ceil(Math.log2(valuesMax * 2 + 2)) - 1;
  const slots = new Int32Array(mask + 1); // 0 = free, else 1 + index
  const places = new Uint32Array(valuesMax); // row of each value's first use
  const indices = new Uint32Array(column.length);
  let count = 0;
  for (let row = 0; row < column.length; row++) {
    const low = halves[2 * row]!;
    const high = halves[2 * row + 1]!;
    if (row > 0 && low === halves[2 * row - 2] && high === halves[2 * row - 1]) {
      indices[row] = indices[row - 1]!;
      continue;
    }
    let slot = (Math.imul(low ^ Math.imul(high, MULTIPLIER), MULTIPLIER) >>> 7) & mask;
    for (;; slot = (slot + 1) & mask) {
      const held = slots[slot]!;
      if (held === 0) {
        if (count === valuesMax) return undefined;
        places[count] = row;
        indices[row] = count;
        slots[slot] = ++count;
        break;
      }
      const place = places[held - 1]! * 2;
      if (halves[place] === low && halves[place + 1] === high) {
        indices[row] = held - 1;
        break;
      }
    }
  }
  return { values: Float64Array.from({ length: count }, (_, i) => column[places[i]!]!), indices };
}
