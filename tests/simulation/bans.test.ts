import assert from "node:assert/strict";
import { test } from "node:test";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import type { VenueAnswer } from "../../src/sim/venue/venue_rest.ts";
import { Scene } from "./scene.ts";

const MINUTE_MS = 60_000;

/** A venue that turns everyone away for a while; what it was asked meanwhile is noted. */
function banned(
  { universeIntervalMs, ...ban }: {
    readonly status: number;
    readonly ms: number;
    readonly tells: boolean;
    readonly universeIntervalMs: number;
  },
) {
  const attempts: { rest: number[]; socket: number[] } = { rest: [], socket: [] };
  let isBanned = false;
  const scene: Scene = new Scene({
    seed: 1,
    listings: marketListings(1, 3),
    rate: 10,
    universeIntervalMs,
    workerMaxAgeMs: 2_000,
    through: (venue) => ({
      connect: (peer, target, address) => {
        if (!isBanned) return venue.connect(peer, target, address);
        attempts.socket.push(scene.world.nowMs);
        return { refuse: ban.status, reason: "Banned.", ...(ban.tells ? { retryAfterMs: ban.ms } : {}) };
      },
      request: (request, address): VenueAnswer => {
        if (!isBanned) return venue.request(request, address);
        attempts.rest.push(scene.world.nowMs);
        return { status: ban.status, headers: ban.tells ? { "retry-after": String(ban.ms / 1_000) } : {}, body: "{}" };
      },
    }),
  });
  return { scene, attempts, ban: (yes: boolean) => isBanned = yes };
}

for (const status of [429, 418]) {
  test(`${status} with a time to wait: nobody asks again before it is over, by REST or by socket`, async () => {
    const { scene, attempts, ban } = banned({ status, ms: 90_000, tells: true, universeIntervalMs: 1_000 });
    await scene.world.advance(10_000);
    ban(true);
    await scene.world.advance(85_000);
    for (const times of [attempts.rest, attempts.socket]) assert.equal(times.length, 1, `${times}`);
    ban(false);
    await scene.world.advance(60_000);
    const before = scene.published.count;
    await scene.world.advance(10_000);
    assert.ok(scene.published.count > before + 50, "it does not flow again");
    await scene.settle();
  });
}

for (const status of [403, 451]) {
  test(`${status}: a country or an address that is not served tries once in a quarter of an hour`, async () => {
    const { scene, attempts, ban } = banned({ status, ms: 0, tells: false, universeIntervalMs: 60_000 });
    await scene.world.advance(10_000);
    ban(true);
    await scene.world.advance(60 * MINUTE_MS);
    assert.ok(attempts.socket.length >= 3 && attempts.socket.length <= 5, `${attempts.socket.length} tries in an hour`);
    await scene.settle();
  });
}
