import assert from "node:assert/strict";
import { test } from "node:test";
import { isoOf } from "../../src/lib/time.ts";
import { parseTime } from "../../src/lib/parse_time.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { isLacking } from "./by_hand.ts";
import { Recording } from "./recording.ts";
import { VENUE } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";
import { askVirtually, listenVirtually } from "./virtual_gateway.ts";

const FILE = "point_in_time_gaps.test.ts";
const PORT = 8321;
const S = 1_000_000;

function recordingOf(seed: number): Recording {
  return new Recording({ seed, symbols: 3, rate: 60, flushIntervalMs: 10_000, listen: `127.0.0.1:${PORT}` });
}

for (const seed of seedsFrom(1, 1)) {
  test(`an answer inside a hole says so, one outside does not (seed ${seed})`, async () => {
    const again = replayCommand(FILE, seed);
    const recording = recordingOf(seed);
    const { world, host } = recording;
    const random = new SeededRandom(seed, "gaps");
    recording.start();
    await world.advance(100);
    const { heard } = listenVirtually(host, PORT, "binance/**");
    const ask = async (path: string, at: number) =>
      JSON.parse((await world.runUntil(askVirtually(host, PORT, `/v1/asof/${path}?at=${at}`), 60_000)).text);
    await world.advance(20_000);
    for (let i = 0; i < 3; i++) {
      world.network.cutAll(VENUE);
      await world.advance(15_000 + random.below(10_000));
    }
    world.network.partition(VENUE, true);
    await world.advance(25_000);
    const away = heard.findLast(({ path }) => path.includes("/bbo/"))!;
    const now = await ask(away.path, host.clock.wallTime());
    assert.equal(now.complete, false, `nobody delivers ${away.path} right now, and the answer does not say it\n${again}`);
    world.network.partition(VENUE, false);
    await world.advance(40_000);
    const streams = [...new Set(heard.map(({ path }) => path))].filter((path) => /\/(bbo|trade)\//.test(path));
    const first = Math.max(...streams.map((path) => parseTime(heard.find((each) => each.path === path)!.event.recv_time)!));
    let lacking = 0;
    for (let i = 0; i < 150; i++) {
      const path = streams[random.below(streams.length)]!;
      const [, type, symbol] = path.split("/");
      const gaps = heard.filter((each) => each.path === `binance/gap/${symbol}`);
      const hole = gaps[random.below(gaps.length)]!.event;
      // Half of the moments are in or around a hole.
      const at = random.below(2) === 0
        ? parseTime(hole.from_time)! + random.below(parseTime(hole.to_time)! - parseTime(hole.from_time)! + 2_000) - 1_000
        : first + random.below(host.clock.wallTime() - first - 5 * S);
      if (at < first) continue;
      const expected = isLacking(gaps, type!, at);
      const answer = await ask(path, at);
      assert.equal(answer.complete, !expected, `${path} at ${isoOf(at)}: ${JSON.stringify(answer.gap)}\n${again}`);
      assert.equal(answer.gap === null, answer.complete);
      if (expected) lacking++;
    }
    assert.ok(lacking > 10, `only ${lacking} moments were inside a hole`);
    // A book that was broken is whole again once the venue's whole book came.
    const depth = heard.find(({ path }) => path.includes("/depth/"))!.path;
    const book = await ask(depth, host.clock.wallTime());
    assert.deepEqual([book.complete, book.gap], [true, null], again);
    assert.ok(book.event.bids.length > 0);
    await recording.finish();
  });

  test(`a recorder that was killed and begun again says when nobody recorded (seed ${seed})`, async () => {
    const again = replayCommand(FILE, seed);
    const recording = recordingOf(seed);
    const { world, host } = recording;
    recording.start();
    await world.advance(100);
    const before = listenVirtually(host, PORT, "binance/bbo/*").heard;
    await world.advance(45_000);
    const killedTime = host.clock.wallTime();
    host.kill();
    await world.advance(30_000);
    const startTime = host.clock.wallTime();
    recording.start();
    await world.advance(30_000);
    const { path } = before[0]!;
    const events = before.filter((each) => each.path === path).map(({ event }) => parseTime(event.recv_time)!);
    const ask = async (at: number) =>
      JSON.parse((await world.runUntil(askVirtually(host, PORT, `/v1/asof/${path}?at=${at}`), 60_000)).text);
    const alive = await ask(events[Math.floor(events.length / 3)]!);
    assert.deepEqual([alive.complete, parseTime(alive.event.recv_time)], [true, events[Math.floor(events.length / 3)]], again);
    const down = await ask((killedTime + startTime) / 2);
    assert.deepEqual([down.complete, down.gap.reason], [false, "start"], again); // the row of the second start begins where the first life ended
    assert.ok(parseTime(down.gap.to_time)! >= startTime, again);
    assert.ok(parseTime(down.gap.from_time)! <= killedTime, again);
    const up = await ask(host.clock.wallTime());
    assert.equal(up.complete, true, JSON.stringify(up.gap));
    await recording.finish();
  });
}
