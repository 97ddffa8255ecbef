import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import * as fs from "node:fs";
import { RestError } from "../../../src/lib/errors.ts";
import { binanceSpot } from "../support.ts";
import { skipWithout } from "./shared_data.ts";

async function universeOf(answer: unknown) {
  const asked: [path: string, weight: number][] = [];
  const refused: Record<string, string> = {};
  const get = (path: string, weight: number) => {
    asked.push([path, weight]);
    return Promise.resolve(answer);
  };
  const instruments = await binanceSpot.universe({ get }, (symbol, why) => refused[symbol] = why);
  return { instruments, asked, refused };
}

const ENTRY = { symbol: "BTCUSDT", status: "TRADING", baseAsset: "BTC", quoteAsset: "USDT", filters: [] };

describe("the spot universe", () => {
  it("is one request of its documented weight, without the permission sets that make it large", async () => {
    const { asked } = await universeOf({ symbols: [ENTRY] });
    assert.deepEqual(asked, [["/api/v3/exchangeInfo?showPermissionSets=false", 20]]);
  });

  it("has market data for every status but BREAK, those we do not know too", async () => {
    const statuses = ["TRADING", "END_OF_DAY", "HALT", "CANCEL_ONLY", "AUCTION_MATCH", "LUNAR_PAUSE", "BREAK"];
    const { instruments } = await universeOf({ symbols: statuses.map((status, i) => ({ ...ENTRY, symbol: `S${i}`, status })) });
    assert.deepEqual(instruments.map(({ status, isLive }) => [status, isLive]), statuses.map((status) => [status, status !== "BREAK"]));
  });

  it("says which field of an entry it could not read", async () => {
    const { refused, instruments } = await universeOf({ symbols: [{ ...ENTRY, baseAsset: 7 }, null, { ...ENTRY, symbol: "" }, ENTRY] });
    assert.match(refused["BTCUSDT"]!, /baseAsset.*string/);
    assert.deepEqual(Object.keys(refused), ["BTCUSDT", "entry 1", "entry 2"]);
    assert.equal(instruments.length, 1);
  });

  it("lists a symbol whatever its filters look like: they describe, and are not needed to record", async () => {
    const tick = async (filters: unknown) =>
      (await universeOf({ symbols: [{ ...ENTRY, filters }] })).instruments.map(({ tickSize }) => tickSize);
    const price = (tickSize: unknown) => [{ filterType: "PRICE_FILTER", tickSize }];
    assert.deepEqual(await tick(price("0.00000100")), [0.000001]);
    for (
      const odd of [
        undefined,
        null,
        7,
        {},
        [],
        [null, 7],
        price("0.00000000"),
        price("0x10"),
        price("-1"),
        price(["5"]),
        price(5),
        price(""),
      ]
    ) {
      assert.deepEqual(await tick(odd), [undefined], JSON.stringify(odd));
    }
  });

  it("is a failure, not empty, when the answer is no universe", async () => {
    await assert.rejects(universeOf({ code: -1003, msg: "Too much request weight used" }), RestError);
  });

  it("of October 2021 has every symbol the answer names", async () => {
    const file = skipWithout("binance-exchangeInfo-20211012.json.gz");
    if (file === undefined) return;
    const text = gunzipSync(fs.readFileSync(file)).toString("utf8");
    const { instruments, refused } = await universeOf(JSON.parse(text));
    // Counted in the text, not in the parsed answer.
    const symbols = [...text.matchAll(/\{"symbol":\s*"([^"]+)"/g)].map(([, symbol]) => symbol);
    assert.equal(symbols.length, 1_695);
    assert.deepEqual(instruments.map(({ symbol }) => symbol), symbols);
    assert.deepEqual(refused, {});
    assert.equal(instruments.filter(({ isLive }) => isLive).length, 1_262);
    assert.equal(instruments.filter(({ tickSize, lotSize }) => tickSize === undefined || lotSize === undefined).length, 0);
  });
});
