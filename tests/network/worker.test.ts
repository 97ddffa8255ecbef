import assert from "node:assert/strict";
import { test } from "node:test";
import { Agora } from "../../src/agora/agora.ts";
import type { EventBase } from "../../src/events/event_type.ts";
import type { TradeEvent } from "../../src/events/trade.ts";
import { Codec } from "../../src/exchanges/codec.ts";
import { sourceOf } from "../../src/exchanges/registry.ts";
import type { Source } from "../../src/exchanges/source.ts";
import { Pace } from "../../src/network/pace.ts";
import { temporaryPath, Worker } from "../../src/network/worker.ts";
import { Happenings } from "../../src/telemetry/happenings.ts";
import { Telemetry } from "../../src/telemetry/telemetry.ts";
import { HOST, scripted } from "../sim/world/support.ts";

const PATH = "binance/trade/BTCUSDT";
const STREAM = "btcusdt@trade";
const spot = sourceOf("binance")!;

const { streamSpan: _, ...withoutScanners } = spot;

/** A venue that packs several trades into a frame, which no scanner knows: `t` is the first one's id, `q` how many there are. */
const packing: Source = {
  ...withoutScanners,
  channels: spot.channels.map((channel) =>
    channel.event.name !== "trade" ? channel : {
      ...channel,
      ofJson: (payload, frame) => {
        const [first] = channel.ofJson(payload, frame) as TradeEvent[];
        return Array.from({ length: Number(payload.q) }, (_, i) => ({ ...first!, tradeId: first!.tradeId! + i }));
      },
    }
  ),
  channelOf: (stream) => packing.channels.find((channel) => channel.matches(stream)),
};

function working(source: Source) {
  const { world, script, runtime } = scripted(1);
  const agora = new Agora(runtime.timers);
  const kept: string[] = [];
  const telemetry = new Telemetry(runtime.clock, () => {});
  const channel = source.channelOf(STREAM)!;
  const worker = new Worker(
    runtime,
    agora,
    source,
    {
      codec: new Codec(source),
      happenings: new Happenings(telemetry),
      keepFrame: ({ text }) => kept.push(text),
      wantsReplacement: () => {},
      pulse: new Pace(60_000),
    },
    [{ stream: STREAM, channel, symbol: "BTCUSDT", path: PATH }],
    { id: "1", endpoint: `ws://${HOST}`, staleAfterMs: 60_000 },
  );
  const published: EventBase[] = [];
  agora.tap(temporaryPath(PATH, "1"), { event: (_node, event) => void published.push(event) });
  return { world, script, telemetry, worker, kept, published };
}

function tradeFrame(id: number, size: number | string): string {
  return `{"stream":"${STREAM}","data":{"e":"trade","E":1795000000000000,"s":"BTCUSDT","t":${id},"p":"1.5","q":"${size}","T":1795000000000000,"m":true,"M":true}}`;
}

test("every event of a frame that carries none, one, two or a thousand is published, in order", async () => {
  const { world, script, worker, published, kept } = working(packing);
  const counts = [1, 0, 2, 1_024, 1];
  await world.advance(1_000);
  let id = 1;
  for (const count of counts) {
    script.clients[0]!.peer.send(tradeFrame(id, count));
    id += count;
  }
  await world.advance(1_000);
  const all = counts.reduce((sum, count) => sum + count, 0);
  assert.deepEqual(published.map((event) => (event as TradeEvent).tradeId), Array.from({ length: all }, (_, i) => i + 1));
  assert.deepEqual(kept, []);
  worker[Symbol.dispose]();
});

test("damaged frames between whole ones are kept, counted, and cost neither the connection nor a whole one", async () => {
  const { world, script, telemetry, worker, published, kept } = working(spot);
  const whole = Array.from({ length: 200 }, (_, i) => tradeFrame(i + 1, "0.5"));
  const damaged = whole.map((text, i) =>
    [text.slice(0, 1 + i % 100), text.replace('"t":', '"x":'), text.replace("1.5", "one"), "\u0000", "[".repeat(10_000)][i % 5]!
  );
  await world.advance(1_000);
  const { peer } = script.clients[0]!;
  for (const [i, text] of whole.entries()) {
    peer.send(damaged[i]!);
    peer.send(text);
  }
  await world.advance(1_000);
  assert.deepEqual(published.map((event) => (event as TradeEvent).tradeId), whole.map((_, i) => i + 1));
  assert.deepEqual(kept, damaged);
  assert.equal(telemetry.total("argus_frames_quarantined_total"), damaged.length);
  assert.equal(script.clients.length, 1);
  assert.deepEqual(script.clients[0]!.heard.filter((text) => text.startsWith("closed")), []);
  worker[Symbol.dispose]();
});
