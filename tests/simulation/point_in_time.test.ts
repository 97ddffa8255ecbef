import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { HistoryReader, OFFLINE } from "../../src/processing/pts/history_reader.ts";
import { isoOf } from "../../src/lib/time.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { bruteAsOf, bruteBook, isLacking, timeOf } from "./by_hand.ts";
import { Recording } from "./recording.ts";
import { real, VENUE } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";
import { askVirtually, type Heard, listenVirtually } from "./virtual_gateway.ts";

const FILE = "point_in_time.test.ts";
const PORT = 8321;
const BEFORE_MIDNIGHT = Date.UTC(2026, 10, 20, 23, 58, 20) * 1_000;
const MIDNIGHT = Date.UTC(2026, 10, 21) * 1_000;
const KILLED_BEFORE_MIDNIGHT = MIDNIGHT - 60_000_000;
const folder = tempFolder("point-in-time");

for (const seed of seedsFrom(1, 1)) {
  test(`asof and events are what was published, over midnight, chunks and rows in memory (seed ${seed})`, async () => {
    const again = replayCommand(FILE, seed);
    const recording = new Recording({
      seed,
      symbols: 4,
      rate: 60,
      startTime: BEFORE_MIDNIGHT,
      flushIntervalMs: 15_000,
      workerMaxAgeMs: 60_000,
      listen: `127.0.0.1:${PORT}`,
    });
    const { world, host } = recording;
    recording.start();
    await world.advance(100);
    const { heard } = listenVirtually(host, PORT, "binance/**");
    const ask = async (target: string) => await world.runUntil(askVirtually(host, PORT, target), 60_000);
    const random = new SeededRandom(seed, "questions");
    const eventsOf = (path: string) => heard.filter((each) => each.path === path);
    const seams: string[] = [];
    for (let round = 0; round < 9; round++) {
      await world.advance(10_000 + random.below(12_000));
      const paths = [...new Set(heard.map(({ path }) => path))].filter((path) => !path.includes("/session/"));
      for (let i = 0; i < 12; i++) {
        const path = paths[random.below(paths.length)]!;
        const events = eventsOf(path);
        const first = timeOf(events[0]!);
        const now = host.clock.wallTime();
        // Often exactly at an event, where "at or before" is decided, else anywhere.
        const at = random.below(2) === 0
          ? timeOf(events[random.below(events.length)]!) - random.below(2)
          : first - 2_000_000 + random.below(now - first + 2_000_000);
        const { status, text } = await ask(`/v1/asof/${path}?at=${at}&levels=all`);
        assert.equal(status, 200, `${text}\n${again}`);
        const answer = JSON.parse(text);
        const why = `${path} at ${isoOf(at)}\n${again}`;
        if (path.includes("/depth/")) {
          const book = bruteBook(events, at);
          if (book === undefined) assert.deepEqual([answer.event, answer.complete], [null, false], why);
          else {assert.deepEqual(
              { bids: answer.event.bids, asks: answer.event.asks, last_update_id: answer.event.last_update_id },
              book,
              why,
            );}
        } else assert.deepEqual(answer.event, bruteAsOf(events, at)?.event ?? null, why);
        const isFirstKnown = at >= first;
        if (/\/(bbo|trade)\//.test(path)) assert.equal(answer.complete, isFirstKnown, why);
      }
      const path = paths[random.below(paths.length)]!;
      const events = eventsOf(path);
      const [from, to] = [0, 1].map(() => timeOf(events[random.below(events.length)]!) + random.below(3) - 1).sort((a, b) => a - b);
      const { text, headers } = await ask(`/v1/events/${path}?from=${from}&to=${to}`);
      const told = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
      assert.deepEqual(
        told,
        events.filter((each) => timeOf(each) >= from! && timeOf(each) < to!).map(({ event }) => event),
        `${path}\n${again}`,
      );
      assert.ok(headers.has("argus-complete"));
      seams.push([...recording.files().keys()].some((file) => file.startsWith("tmp/")) ? "chunks" : "no chunks");
    }
    assert.ok(seams.includes("chunks"), "no question was asked while chunks waited");
    const path = [...new Set(heard.map((each) => each.path))].find((each) => each.includes("/depth/"))!;
    const whole = await ask(`/v1/events/${path}?format=parquet&limit=500`);
    fs.writeFileSync(`${folder}/events.pq`, whole.bytes);
    const sql = await duckdb();
    const rows = await sql(`SELECT epoch_us(recv_time) AS at, last_update_id AS id FROM read_parquet(${quoted(`${folder}/events.pq`)})`);
    assert.deepEqual(
      rows.map(({ at, id }) => [Number(at), Number(id)]),
      eventsOf(path).slice(0, 500).map((each) => [timeOf(each), each.event.last_update_id]),
    );
    const tradePath = path.replace("/depth/", "/trade/");
    const until = host.clock.wallTime() - 1_000_000;
    const csv = await ask(`/v1/events/${tradePath}?format=csv&to=${until}`);
    assert.equal(csv.text.trim().split("\r\n").length - 1, eventsOf(tradePath).filter((each) => timeOf(each) < until).length);
    assert.deepEqual(heard.filter(({ lagged }) => lagged !== undefined), []);

    // The recorder ends; the same answers come from its files alone.
    await recording.finish();
    const files = `${folder}/${seed}`;
    assert.deepEqual((await recording.compare(files)).differences, [], again);
    const reader = new HistoryReader(real, files);
    for (const [name, events] of Map.groupBy(heard, (each) => each.path)) {
      if (name.includes("/depth/") || name.includes("/session/")) continue;
      const at = timeOf(events[random.below(events.length)]!);
      const { event } = reader.asOf(name, at, OFFLINE);
      assert.equal(event?.recvTime, timeOf(bruteAsOf(events, at)!), `${name}\n${again}`);
    }
    const [trades] = [...Map.groupBy(heard, (each) => each.path)].find(([name]) => name.includes("/trade/"))!;
    const later = reader.asOf(trades, host.clock.wallTime() + 60_000_000, OFFLINE);
    assert.deepEqual(later.lacks.map(({ reason }) => reason), ["stopped"], "nobody recorded after the stop");
  });

  test(`asof and events are what was published, with holes, a kill -9 and midnight on the way (seed ${seed})`, async () => {
    const again = replayCommand(FILE, seed);
    const options = { seed, symbols: 3, rate: 60, startTime: KILLED_BEFORE_MIDNIGHT, flushIntervalMs: 15_000, listen: `127.0.0.1:${PORT}` };
    const recording = new Recording(options);
    const { world, host } = recording;
    const random = new SeededRandom(seed, "pairs");
    const lives: { readonly heard: Heard[]; lengths: Map<string, number> }[] = [];
    const begin = async () => {
      recording.start();
      await world.advance(100);
      lives.push({ heard: listenVirtually(host, PORT, "binance/**").heard, lengths: new Map() });
    };
    /** What is to be known of a path: all a life published, and of one that was killed what its disk has. */
    const eventsOf = (path: string) =>
      lives.flatMap(({ heard, lengths }) => heard.filter((each) => each.path === path).slice(0, lengths.get(path) ?? Infinity));
    const ask = async (target: string) => {
      const { status, text } = await world.runUntil(askVirtually(host, PORT, target), 60_000);
      assert.equal(status, 200, `${text}\n${again}`);
      return text;
    };
    const rowsOf = async (path: string, from: number, to: number) =>
      (await ask(`/v1/events/${path}?from=${from}&to=${to}`)).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    const dead = { fromTime: Infinity, toTime: Infinity };
    const asked = { asof: 0, lacking: 0, books: 0 };
    const questions = async (count: number) => {
      const now = host.clock.wallTime();
      const paths = [...new Set(lives.flatMap(({ heard }) => heard.map(({ path }) => path)))].filter((path) =>
        !/session|instrument/.test(path)
      );
      for (let i = 0; i < count; i++) {
        const path = paths[random.below(paths.length)]!;
        const [, type, symbol] = path.split("/") as [string, string, string];
        const events = eventsOf(path);
        if (events.length === 0) continue;
        const first = timeOf(events[0]!);
        const at = random.below(3) === 0
          ? timeOf(events[random.below(events.length)]!) - random.below(2)
          : first - 1_000_000 + random.below(now - first + 1_000_000);
        const why = `${path} at ${isoOf(at)}, asked at ${isoOf(now)}\n${again}`;
        const answer = JSON.parse(await ask(`/v1/asof/${path}?at=${at}&levels=all`));
        asked.asof++;
        if (type === "depth") {
          const book = bruteBook(events, at);
          if (book === undefined) assert.deepEqual([answer.event, answer.complete], [null, false], why);
          else {
            const { bids, asks, last_update_id } = answer.event;
            assert.deepEqual({ bids, asks, last_update_id }, book, why);
            asked.books++;
          }
        } else assert.deepEqual(answer.event, bruteAsOf(events, at)?.event ?? null, why);
        const gaps = lives.flatMap(({ heard }) => heard.filter((each) => each.path === `binance/gap/${symbol}`));
        const isDead = dead.fromTime < at && at < dead.toTime;
        // How long one that was killed had lived is known by its rows; and the second one's gap rows have to be written first.
        const aliveTime = dead.fromTime === Infinity ? now : Math.max(...events.map(timeOf).filter((time) => time <= dead.fromTime));
        if (/bbo|trade/.test(type) && (at <= aliveTime || isDead || at > dead.toTime + 20_000_000)) {
          assert.equal(answer.complete, at >= first && !isDead && !isLacking(gaps, type, at), `${why}\n${JSON.stringify(answer.gap)}`);
        }
        if (!answer.complete) asked.lacking++;
        const [from, to] = [at, first + random.below(now - first)].sort((a, b) => a - b) as [number, number];
        const expected = events.filter((each) => timeOf(each) >= from && timeOf(each) < to).map(({ event }) => event);
        assert.deepEqual(await rowsOf(path, from, to), expected, why);
      }
    };

    await begin();
    await world.advance(30_000 + random.below(14_000));
    await questions(25);
    await world.advance(random.below(9_000));
    const { committed } = recording.ledger.lives.at(-1)!;
    const killedTime = host.clock.wallTime();
    recording.die();
    const [killed] = lives;
    const paths = new Set(killed!.heard.map(({ path }) => path));
    await world.advance(3_000 + random.below(9_000));
    await begin();
    for (const path of paths) {
      const stored = await rowsOf(path, 0, killedTime + 1);
      const heard = killed!.heard.filter((each) => each.path === path).map(({ event }) => event);
      assert.deepEqual(stored, heard.slice(0, stored.length), `${path} after the kill\n${again}`);
      assert.ok(stored.length >= Math.min(heard.length, committed!.streams.get(path) ?? 0), `${path} lost what was committed\n${again}`);
      killed!.lengths.set(path, stored.length);
    }
    dead.fromTime = killedTime;
    dead.toTime = recording.ledger.lives.at(-1)!.fromTime;
    await questions(40);
    for (let cut = 0; cut < 2; cut++) {
      await world.advance(12_000 + random.below(12_000));
      world.network.cutAll(VENUE);
    }
    await world.advance(15_000);
    await questions(40);
    assert.ok(host.clock.wallTime() > MIDNIGHT, "midnight was not reached");
    assert.ok(asked.lacking > 5 && asked.books > 10 && asked.asof > 80, JSON.stringify(asked));
    await recording.finish();
    assert.deepEqual((await recording.compare(`${folder}/killed-${seed}`)).differences, [], again);
  });
}
