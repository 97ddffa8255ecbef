import assert from "node:assert/strict";
import type { SessionEvent } from "../../src/events/session.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { Scene, VENUE } from "./scene.ts";
import { assertWhole, seededTest, seedsFrom } from "./seeds.ts";

const FILE = "detection.test.ts";
const DEAD_MS_MAX = 10_000;

function sceneOf(seed: number, random: SeededRandom): Scene {
  const scene = new Scene({ seed, listings: marketListings(seed, 1 + random.below(4)), rate: 25 + random.below(75) });
  Object.assign(scene.world.network.conditions, { latencyMs: 2 + random.below(120), jitterMs: random.below(60) });
  return scene;
}

/** How long after that moment the recorder said that a socket brings nothing. */
function noticedAfterMs(scene: Scene, fromTime: number): number {
  const told = scene.published.own<SessionEvent>("session").find(({ event, recvTime }) => event === "stall" && recvTime >= fromTime);
  return told === undefined ? Infinity : (told.recvTime - fromTime) / 1_000;
}

for (const seed of seedsFrom(1, 20)) {
  seededTest(FILE, seed, `a lively socket whose line is dead is noticed within 10 s, replaced, and its hole told`, async () => {
    const random = new SeededRandom(seed, "dead");
    const scene = sceneOf(seed, random);
    await scene.world.advance(20_000 + random.below(10_000));
    const [connection] = scene.world.network.connections(VENUE);
    connection!.hold(true);
    const fromTime = scene.recorder.clock.wallTime();
    await scene.world.advance(25_000);
    const tookMs = noticedAfterMs(scene, fromTime);
    assert.ok(tookMs <= DEAD_MS_MAX, `${tookMs} ms`);
    connection!.hold(false); // the venue hears that we left
    await scene.world.advance(5_000);
    await scene.settle();
    assertWhole(scene, FILE);
  });

  // Three hundred turns that brought something say how lively a socket is; before that it gets half a minute. What comes together counts as
  // one: 25 events a second of a few symbols are some 15 turns.
  for (const { knownMs, withinMs } of [{ knownMs: 30_000, withinMs: 10_000 }, { knownMs: 10_000, withinMs: 32_000 }]) {
    const known = `${knownMs / 1_000} s after it opened`;
    seededTest(
      FILE,
      seed,
      `a socket that answers pings and brings nothing, ${known}, is noticed within ${withinMs / 1_000} s`,
      async () => {
        const random = new SeededRandom(seed, "mute");
        const scene = sceneOf(seed, random);
        await scene.world.advance(knownMs + random.below(5_000));
        const [connection] = scene.venue.connections();
        scene.venue.unsubscribe(connection!, [...connection!.streams]); // the client is not told
        const fromTime = scene.recorder.clock.wallTime();
        await scene.world.advance(2 * withinMs);
        const tookMs = noticedAfterMs(scene, fromTime);
        assert.ok(tookMs <= withinMs, `${tookMs} ms`);
        await scene.settle();
        assertWhole(scene, FILE);
      },
    );
  }
}
