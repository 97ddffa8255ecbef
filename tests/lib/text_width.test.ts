import assert from "node:assert/strict";
import { it } from "node:test";
import { fitted, textWidth } from "../../src/lib/text_width.ts";

it("letters of East Asia are two columns wide, marks on a letter none", () => {
  assert.deepEqual(["BTCUSDT", "这是测试币456USDT", "e\u0301", "–…", ""].map(textWidth), [7, 17, 1, 2, 0]);
});

it("what does not fit ends in … and never takes more room than there is", () => {
  assert.equal(fitted("binance/bbo/这是", 40), "binance/bbo/这是");
  assert.equal(fitted("binance/bbo/这是", 15), "binance/bbo/这…");
  assert.equal(fitted("binance/bbo/这是", 14), "binance/bbo/…");
  for (let columns = 1; columns < 20; columns++) assert.ok(textWidth(fitted("binance/bbo/这是测试币456USDT", columns)) <= columns);
});
