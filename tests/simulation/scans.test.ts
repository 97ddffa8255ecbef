import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOf } from "../../src/exchanges/registry.ts";
import type { Source } from "../../src/exchanges/source.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { Scene } from "./scene.ts";
import { assertCalm, assertWhole } from "./seeds.ts";

const FILE = "scans.test.ts";

/** The venue writes trades otherwise than their scanner knows, from one day to the next. */
function withStrangeTrades(): Source {
  const binance = sourceOf("binance")!;
  return {
    ...binance,
    channelOf: (stream) => {
      const channel = binance.channelOf(stream);
      return channel?.event.name === "trade" ? { ...channel, scanner: () => () => undefined } : channel;
    },
  };
}

test("frames no scanner can read are read all the same, counted, shown in the status and told once a minute", async () => {
  const scene = new Scene({ seed: 5, listings: marketListings(5, 3), rate: 100, source: withStrangeTrades() });
  await scene.world.advance(150_000);
  await scene.settle();
  assertWhole(scene, FILE, { isLossless: true });
  assertCalm(scene, FILE);
  const trades = scene.published.paths().filter((path) => path.startsWith("binance/trade/"));
  const declined = trades.reduce((sum, path) => sum + scene.events(path).length - 1, 0); // the first of a stream is no scanner's
  assert.ok(declined > 1_000);
  assert.equal(scene.telemetry.total("argus_scans_declined_total"), declined);
  assert.equal(scene.dispatcher.status.scansDeclined, declined);
  const told = scene.complaints.filter(({ message }) => message.startsWith("frames are not written as"));
  assert.equal(told.length, 3, "twice in two and a half minutes, and the rest at the end");
});
