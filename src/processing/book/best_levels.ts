import type { Level } from "../../events/event_type.ts";
import type { PriceWords } from "./packed_levels.ts";

const ROOM_MIN = 256; // prices looked at first
const ROOM_GROWS = 2; // levels the price has left lie before the best ones: taken back, most of them
const SAMPLED = 1_024;

/**
 * The best levels out of layers of words, the newest last, `count` of them at most and the best first; `sign` is -1 where the highest price
 * is the best. Prices are looked at in bands, from the best ones on, and nothing is asked about sizes that do not matter.
 */
export function bestOf(layers: readonly PriceWords[], count: number, sign: 1 | -1): Level[] {
  const most = layers.reduce((sum, { prices }) => sum + prices.length, 0);
  const sample = sampleOf(layers, sign);
  const best: Level[] = [];
  let room = Math.max(ROOM_MIN, 4 * count);
  for (let from = -Infinity; best.length < count && from < Infinity; room *= ROOM_GROWS) {
    const to = room < most ? sample[Math.ceil(room / most * (sample.length - 1))]! : Infinity;
    if (to > from) takeBest(best, layers, { from, to, sign }, count);
    from = to;
  }
  return best;
}

/** Some of the prices, times the sign, so that the better is the smaller; in that order. */
function sampleOf(layers: readonly PriceWords[], sign: 1 | -1): Float64Array {
  const some = layers.flatMap(({ prices }) => {
    const step = Math.max(1, Math.floor(layers.length * prices.length / SAMPLED));
    return Array.from({ length: Math.ceil(prices.length / step) }, (_, i) => sign * prices[i * step]!);
  });
  return Float64Array.from(some).sort();
}

/** Prices times the sign: above one, up to another. */
interface Band {
  readonly from: number;
  readonly to: number;
  readonly sign: 1 | -1;
}

/** Adds the levels with a price in a band, the best first, until there are `count`. What the newest layer says of a price counts. */
function takeBest(best: Level[], layers: readonly PriceWords[], band: Band, count: number): void {
  const prices = pricesIn(layers, band);
  const words = new Float64Array(prices.length); // of each price where its word is
  for (let layer = 0; layer < layers.length; layer++) markWords(words, prices, layers[layer]!.prices, band, layer, layers.length);
  for (let i = 0; i < prices.length && best.length < count; i++) {
    const size = layers[words[i]! % layers.length]!.size(Math.floor(words[i]! / layers.length));
    if (size !== 0) best.push([band.sign * prices[i]!, size]);
  }
}

/** Each once, times the sign, in order. */
function pricesIn(layers: readonly PriceWords[], { from, to, sign }: Band): Float64Array {
  const found = new Float64Array(layers.reduce((sum, { prices }) => sum + prices.length, 0));
  let count = 0;
  for (const { prices } of layers) {
    for (let i = 0; i < prices.length; i++) {
      const price = sign * prices[i]!;
      if (price > from && price <= to) found[count++] = price;
    }
  }
  const ordered = found.subarray(0, count).sort();
  let kept = 0;
  for (let i = 0; i < count; i++) if (i === 0 || ordered[i] !== ordered[i - 1]) ordered[kept++] = ordered[i]!;
  return ordered.subarray(0, kept);
}

function markWords(
  words: Float64Array,
  ordered: Float64Array,
  prices: Float64Array,
  { from, to, sign }: Band,
  layer: number,
  layers: number,
): void {
  for (let i = 0; i < prices.length; i++) {
    const price = sign * prices[i]!;
    if (price > from && price <= to) words[placeOf(ordered, price)] = layer + layers * i;
  }
}

/** Where a price is that is among them. */
function placeOf(ordered: Float64Array, price: number): number {
  let low = 0;
  let high = ordered.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ordered[middle]! < price) low = middle + 1;
    else high = middle;
  }
  return low;
}
