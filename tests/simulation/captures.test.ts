import assert from "node:assert/strict";
import * as fs from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { OrderBookRow } from "../support/day_rows.ts";
import { bookAfter, dayRows } from "../support/day_rows.ts";
import { dialectOf } from "../../src/sim/venue/dialects.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { hasCaptures, SPOT_CAPTURES } from "../end_to_end/support.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording } from "./recording.ts";
import { VENUE } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";
import { TwoCuts } from "./two_cuts.ts";

const FILE = "captures.test.ts";
const folder = tempFolder("two-cuts");
const skip = hasCaptures ? false : "the recordings are not beside this clone";
/** Around the recorded midnight; the whole recordings by soak. */
const AROUND_S = process.env["SEEDS"] === undefined ? 45 : 3_600;

function recordedLines(): string[] {
  const lines = SPOT_CAPTURES.flatMap((file) => gunzipSync(fs.readFileSync(file)).toString("utf8").trimEnd().split("\n"));
  const midnightNs = Date.UTC(2024, 7, 9) * 1e6;
  return lines.filter((line) =>
    Math.abs(Number(line.slice(0, line.indexOf(" "))) - midnightNs) < AROUND_S * 1e9 || !line.includes('"stream"')
  );
}

for (const seed of seedsFrom(1, 2)) {
  test(
    `a real day end over two sockets with skew, other depth windows and cuts is recorded as it was over one (seed ${seed})`,
    { skip },
    async () => {
      const lines = recordedLines();
      const startTime = Math.min(
        ...lines.filter((line) => line.includes('"stream"')).map((line) => Number(line.slice(0, line.indexOf(" ") - 3))),
      ) - 20e6;
      const random = new SeededRandom(seed, "captures");
      const feed = new TwoCuts();
      const recording = new Recording({ seed, symbols: 1, rate: 1, flushIntervalMs: 10_000, redundancy: 2, feed, startTime });
      await feed.open(recording.world.runtime("exchange"), dialectOf("binance"), lines);
      recording.start();
      await recording.world.advance(15_000);
      const { network } = recording.world;
      let isOver = false;
      void feed.finished.then(() => isOver = true);
      let cuts = 0;
      while (!isOver) {
        const both = network.connections(VENUE);
        both[random.below(2)]?.lag(random.below(2_500));
        await recording.world.advance(3_000 + random.below(5_000));
        // One that has only just come does not yet have what the other one, which may lag, still brings.
        if (isOver || both.length < 2 || both.some(({ isOpen }) => !isOpen)) continue;
        network.cut(VENUE, random.below(2));
        cuts++;
      }
      assert.ok(cuts >= 3, `${cuts} cuts`);
      await recording.finish();
      recording.copyTo(`${folder}/data`);
      const again = replayCommand(FILE, seed);
      const sent = lines.map((line) => /^\d+ \{"stream":"btcusdt@(\w+)[^"]*","data":(.*)\}$/.exec(line)).filter((match) => match !== null)
        .map(([, stream, data]) => ({ stream, data: JSON.parse(data!) }));
      const of = (stream: string) => sent.filter((each) => each.stream === stream).map(({ data }) => data);

      const bbo = await dayRows(`${folder}/data/binance/bbo`, "update_id, bid_price, bid_size, ask_price, ask_size");
      assert.deepEqual(bbo, of("bookTicker").map(({ u, b, B, a, A }) => [u, Number(b), Number(B), Number(a), Number(A)]), again);
      const trades = await dayRows(`${folder}/data/binance/trade`, "trade_id, price, size, side, epoch_us(event_time)");
      assert.deepEqual(trades, of("trade").map(({ t, p, q, m, T }) => [t, Number(p), Number(q), m ? "sell" : "buy", T * 1_000]), again);

      const depth =
        (await dayRows(`${folder}/data/binance/depth`, "first_update_id, last_update_id, to_json(bids), to_json(asks), is_snapshot"))
          .map(([first, last, bids, asks, isSnapshot]) =>
            ({ first, last, bids: pairs(bids), asks: pairs(asks), isSnapshot }) as OrderBookRow
          )
          .filter(({ isSnapshot }) => !isSnapshot);
      const windows = of("depth").map(({ U, u, b, a }) => ({ first: U, last: u, bids: numbers(b), asks: numbers(a), isSnapshot: false }));
      assert.deepEqual([depth[0]!.first, depth.at(-1)!.last], [windows[0]!.first, windows.at(-1)!.last], again);
      depth.slice(1).forEach(({ first, last }, i) => assert.ok(first <= depth[i]!.last + 1 && last > depth[i]!.last, again));
      const ends = new Set(windows.map(({ last }) => last));
      assert.ok(depth.every(({ last }) => ends.has(last)));
      // Whatever windows it came in, the same changes: the same levels at every tenth end of a window, and at the last one.
      const checked = depth.filter((_, i) => i % 10 === 0 || i === depth.length - 1);
      for (const { last } of checked) assert.deepEqual(bookAfter(depth, last), bookAfter(windows, last), again);
      const gaps = await dayRows(`${folder}/data/binance/gap`, "data_type, reason");
      assert.deepEqual(gaps.filter(([, reason]) => reason !== "start"), [], again);
    },
  );
}

function pairs(json: unknown): [number, number][] {
  return (JSON.parse(String(json)) as { price: number; size: number }[]).map(({ price, size }) => [price, size]);
}

function numbers(side: [string, string][]): [number, number][] {
  return side.map(([price, size]) => [Number(price), Number(size)]);
}
