import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedListings } from "../../src/sim/venue/market_names.ts";
import { skipWithout } from "../exchanges/binance/shared_data.ts";
import { real, Scene } from "./scene.ts";
import { assertCalm, assertWhole } from "./seeds.ts";

const FILE = "whole_venue.test.ts";
const TYPES = ["bbo", "trade", "depth"];

test(
  "a recorded list of 1,262 live symbols: all three types of each deliver within a minute, inside every limit, also while workers are replaced",
  { timeout: 60_000 },
  async () => {
    const file = skipWithout("binance-exchangeInfo-20211012.json.gz");
    if (file === undefined) return;
    const seed = 1;
    const listings = recordedListings(seed, new TextDecoder().decode(real.compression.gunzip(real.disk.read(file))));
    const live = listings.filter(({ status }) => status !== "BREAK");
    assert.equal(live.length, 1_262);
    const scene = new Scene({ seed, listings, rate: 2_000, workerMaxAgeMs: 80_000 });
    await scene.world.advance(60_000);
    const wanted = live.flatMap(({ symbol }) => TYPES.map((type) => `binance/${type}/${symbol}`)).sort();
    assert.deepEqual(scene.published.paths(), wanted);
    assert.deepEqual(scene.dispatcher.status, { symbols: 1_262, streams: 3_786, sockets: 13, scansDeclined: 0 });
    await scene.world.advance(45_000);
    await scene.settle();
    assert.ok(scene.rotations >= 2 * 13, `${scene.rotations} replacements`);
    assertWhole(scene, FILE, { isLossless: true });
    assertCalm(scene, FILE);
    assert.deepEqual(scene.published.paths(), wanted);
  },
);
