import assert from "node:assert/strict";
import { test } from "node:test";
import type { InstrumentEvent } from "../../src/events/instrument.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { Scene } from "./scene.ts";
import { assertCalm, assertWhole } from "./seeds.ts";

const FILE = "universe.test.ts";

/** What venues answer during maintenance, instead of the list of symbols. */
const ANSWERS = [
  {
    what: "an empty list of symbols",
    status: 200,
    body: '{"timezone":"UTC","serverTime":1,"rateLimits":[],"exchangeFilters":[],"symbols":[]}',
  },
  { what: "a page for people", status: 200, body: "<html>We will be back soon.</html>" },
  { what: "nothing", status: 200, body: "" },
  { what: "another object", status: 200, body: '{"code":0,"msg":"System maintenance."}' },
  { what: "an error", status: 503, body: "" },
];

for (const { what, status, body } of ANSWERS) {
  test(`${what} instead of the universe ends no stream and loses nothing`, async () => {
    let isClosed = false;
    const scene = new Scene({
      seed: 1,
      listings: marketListings(1, 3),
      rate: 60,
      universeIntervalMs: 2_000,
      through: (venue) => ({
        connect: (peer, target, address) => venue.connect(peer, target, address),
        request: (request, address) =>
          isClosed && request.target.includes("exchangeInfo") ? { status, headers: {}, body } : venue.request(request, address),
      }),
    });
    await scene.world.advance(10_000);
    const paths = scene.published.paths();
    isClosed = true;
    await scene.world.advance(20_000);
    isClosed = false;
    await scene.world.advance(60_000);
    await scene.settle();
    assert.deepEqual(scene.published.paths(), paths);
    const changes = scene.published.own<InstrumentEvent>("instrument").map(({ change }) => change);
    assert.deepEqual([...new Set(changes)], ["seen"]);
    assert.ok(scene.telemetry.total("argus_universe_failures_total") > 0, "it was not asked");
    assertWhole(scene, FILE, { isLossless: true });
    assertCalm(scene, FILE);
  });
}
