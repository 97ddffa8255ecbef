import { mix } from "../../src/sim/venue/mix.ts";

export function symbolNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `COIN${i}USDT`);
}

/**
 * Frames in the shapes and proportions the facts give for a whole spot venue: 70 % best bid and offer, 20 % trades, 10 % depth of 20 to 60
 * levels. Trade ids and depth windows follow each other, update ids rise, so that whoever looks for holes and duplicates has to look.
 */
export function* mixedFrames(
  count: number,
  symbols: readonly string[],
  startTime = 1_795_000_000_000_000,
  everyUs = 37,
): Generator<string> {
  const updates = new Array<number>(symbols.length).fill(50_000_000_000);
  const trades = new Array<number>(symbols.length).fill(3_000_000_000);
  const windows = new Array<number>(symbols.length).fill(40_000_000_000);
  for (let n = 0; n < count; n++) {
    const random = mix(7, n);
    const at = Math.floor(symbols.length * (random / 2 ** 32) ** 3); // a few symbols bring most of the events
    const symbol = symbols[at]!;
    const lower = symbol.toLowerCase();
    const time = startTime + n * everyUs;
    const price = (id: number) => (60_000 + mix(at, Math.floor(id / 50)) % 3_000 / 100).toFixed(8);
    const size = (salt: number) => (mix(salt, n) % 500_000 / 100_000).toFixed(8);
    const kind = mix(11, n) % 10;
    if (kind < 7) {
      const id = updates[at]! += 1 + random % 5;
      yield `{"stream":"${lower}@bookTicker","data":{"u":${id},"s":"${symbol}","b":"${price(id)}","B":"${size(1)}","a":"${
        price(id + 50)
      }","A":"${size(2)}"}}`;
    } else if (kind < 9) {
      const id = trades[at]! += 1;
      yield `{"stream":"${lower}@trade","data":{"e":"trade","E":${time + 900},"s":"${symbol}","t":${id},"p":"${price(id)}","q":"${
        size(3)
      }","T":${time},"m":${random % 2 === 0},"M":true}}`;
    } else {
      const first = windows[at]! + 1;
      const last = windows[at]! += 20 + random % 40;
      const levels = (side: number) =>
        Array.from({ length: 10 + random % 20 }, (_, i) => `["${price(first + i * 3 + side)}","${i % 3 === 0 ? "0.00000000" : size(i)}"]`)
          .join();
      yield `{"stream":"${lower}@depth@100ms","data":{"e":"depthUpdate","E":${time},"s":"${symbol}","U":${first},"u":${last},"b":[${
        levels(0)
      }],"a":[${levels(1)}]}}`;
    }
  }
}
