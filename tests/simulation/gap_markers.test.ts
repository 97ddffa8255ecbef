import assert from "node:assert/strict";
import { test } from "node:test";
import { discontinuities, type Message } from "../processing/gateway/stream_client.ts";
import { Recording } from "./recording.ts";
import { VENUE } from "./scene.ts";
import { replayCommand, seedsFrom } from "./seeds.ts";
import { listenVirtually } from "./virtual_gateway.ts";

const FILE = "gap_markers.test.ts";
const PORT = 8321;

/** A hole, whatever became of it. */
const holeOf = ({ from_time, to_time, after_id, before_id }: Message["gap"]) => `${from_time} ${to_time} ${after_id} ${before_id}`;

for (const seed of seedsFrom(1, 2)) {
  test(`all sockets are cut: every subscriber of a trade path is told before the first event behind the hole, and what became of it (seed ${seed})`, async () => {
    const again = replayCommand(FILE, seed);
    const recording = new Recording({ seed, symbols: 3, rate: 60, flushIntervalMs: 10_000, listen: `127.0.0.1:${PORT}` });
    const { world, host } = recording;
    recording.start();
    await world.advance(20_000);
    const all = listenVirtually(host, PORT, "binance/**");
    await world.advance(5_000);
    const paths = [...new Set(all.heard.map(({ path }) => path))].filter((path) => path.includes("/trade/"));
    assert.equal(paths.length, 3);
    const clients = [all, ...["binance/trade/*", paths[0]!, "binance/*/*"].map((pattern) => listenVirtually(host, PORT, pattern))];
    const quotes = listenVirtually(host, PORT, "binance/bbo/*");
    await world.advance(2_000);
    for (let i = 0; i < 3; i++) {
      world.network.cutAll(VENUE);
      await world.advance(20_000);
    }
    await world.advance(40_000);
    const rows = all.heard.filter(({ path, event }) =>
      path.includes("/gap/") && event.data_type === "trade" && event.reason === "sequence"
    );
    assert.ok(rows.length >= 6, `${rows.length} gap rows\n${again}`);
    for (const { messages } of clients) {
      assert.deepEqual(discontinuities(messages), [], again);
      const held = paths.filter((path) => messages.some((message) => message.path === path));
      for (const path of held) {
        const own = messages.filter((message) => message.path === path);
        const symbol = path.split("/")[2];
        assert.deepEqual(
          own.filter(({ gap }) => gap?.reason === "sequence").map(({ gap }) => gap),
          rows.filter((row) => row.path === `binance/gap/${symbol}`).map(({ event }) => event),
          `${path}: what it is told is not what is recorded\n${again}`,
        );
        for (const [at, { gap }] of own.entries()) {
          if (gap?.outcome !== "open" || gap.reason !== "sequence") continue;
          const behind = own.findIndex(({ event }) => event?.origin === "live" && event.trade_id >= gap.before_id);
          assert.ok(behind === -1 || at < behind, `${path}: told of the hole at ${at}, the event behind it came at ${behind}\n${again}`);
          const settled = own.slice(at + 1).find((later) => later.gap !== undefined && holeOf(later.gap) === holeOf(gap));
          assert.equal(settled?.gap.outcome, "healed", `${path}: nobody says what became of the hole\n${again}`);
        }
      }
    }
    assert.ok(clients[2]!.messages.some(({ gap }) => gap !== undefined), again);
    assert.ok(quotes.messages.every(({ gap }) => gap === undefined || gap.data_type === "bbo"), again);
    await recording.finish();
  });
}
