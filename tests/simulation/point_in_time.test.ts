import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { HistoryReader, OFFLINE } from "../../src/processing/pts/history_reader.ts";
import { isoOf } from "../../src/lib/time.ts";
import { parseTime } from "../../src/lib/parse_time.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import { duckdb, quoted } from "../readers/readers.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { Recording } from "./recording.ts";
import { real } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";
import { askVirtually, type Heard, listenVirtually } from "./virtual_gateway.ts";

const FILE = "point_in_time.test.ts";
const PORT = 8321;
const BEFORE_MIDNIGHT = Date.UTC(2026, 10, 20, 23, 58, 20) * 1_000;
const folder = tempFolder("point-in-time");

const timeOf = (heard: Heard) => parseTime(heard.event.recv_time)!;

/** Newest of what was published, stored last of what was received by then. */
function bruteAsOf(events: readonly Heard[], at: number): Heard | undefined {
  return events.filter((each) => timeOf(each) <= at && each.event.origin !== "heal").at(-1);
}

type Levels = { readonly price: number; readonly size: number }[];

/** The book by hand: the newest whole one, and every change with a higher id. */
function bruteBook(events: readonly Heard[], at: number) {
  const known = events.filter((each) => timeOf(each) <= at);
  const anchor = known.filter(({ event }) => event.is_snapshot).at(-1)?.event;
  if (anchor === undefined) return undefined;
  const changes = known.filter(({ event }) => !event.is_snapshot && event.last_update_id > anchor.last_update_id)
    .sort((a, b) => a.event.last_update_id - b.event.last_update_id);
  const side = (name: "bids" | "asks", sign: number) => {
    const levels = new Map<number, number>();
    for (const { event } of [{ event: anchor }, ...changes]) for (const { price, size } of event[name] as Levels) levels.set(price, size);
    return [...levels].filter(([, size]) => size !== 0).sort(([a], [b]) => sign * (a - b)).map(([price, size]) => ({ price, size }));
  };
  return { bids: side("bids", -1), asks: side("asks", 1), last_update_id: changes.at(-1)?.event.last_update_id ?? anchor.last_update_id };
}

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
}
