import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventBase } from "../../src/events/event_type.ts";
import type { TradeEvent } from "../../src/events/trade.ts";
import { Codec } from "../../src/exchanges/codec.ts";
import { sourceOf } from "../../src/exchanges/registry.ts";
import { RestError } from "../../src/lib/errors.ts";
import { Healer, type Healing } from "../../src/network/healer.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { ManualTimers } from "../support/manual_timers.ts";

const NOW = 1_795_000_000_000_000;
const SOURCE = sourceOf("binance")!;
const CHANNEL = SOURCE.channels.find(({ event }) => event.name === "trade")!;

function row(id: number) {
  return {
    id,
    price: `${id}.50000000`,
    qty: "0.25000000",
    quoteQty: "1",
    time: NOW - 1_000,
    isBuyerMaker: id % 2 === 0,
    isBestMatch: true,
  };
}

const rows = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => row(first + i));

/** A hole from 100 to 200 and a venue that gives these answers, one a request; the last one again and again. */
async function heal(answers: readonly (unknown[] | Error)[], hole = { afterId: 100, beforeId: 200 }) {
  const timers = new ManualTimers();
  const requests: string[] = [];
  const filled: TradeEvent[] = [];
  const rest = {
    get(path: string): Promise<unknown> {
      const answer = answers[Math.min(requests.length, answers.length - 1)]!;
      requests.push(path);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const runtime = { clock: { wallTime: () => NOW, monotonicMs: () => timers.nowMs }, timers } as unknown as Runtime;
  const stop = new AbortController();
  const healer = new Healer(runtime, rest, new Codec(SOURCE), stop.signal);
  const fill = (events: readonly EventBase[]) => void filled.push(...events as TradeEvent[]);
  let healing: Healing | undefined | "pending" = "pending";
  void healer.heal({ channel: CHANNEL, symbol: "BTCUSDT", ...hole, fill }).then((done) => healing = done);
  for (let i = 0; i < 400 && healing === "pending"; i++) await timers.advance(500);
  return { healing: healing as Healing | undefined | "pending", ids: filled.map(({ tradeId }) => tradeId), filled, requests, stop };
}

describe("Healer", () => {
  it("fetches a hole in pages the venue chooses, in order, and only what is missing", async () => {
    const { healing, ids, filled, requests } = await heal([rows(101, 140), rows(141, 230)]);
    assert.deepEqual(healing, { outcome: "healed", rows: 99, why: undefined });
    assert.deepEqual(ids, rows(101, 199).map(({ id }) => id));
    assert.deepEqual(requests, [
      "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=101&limit=99",
      "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=141&limit=59",
    ]);
    assert.deepEqual([filled[0]!.price, filled[0]!.size, filled[0]!.side, filled[0]!.origin, filled[0]!.eventTime, filled[0]!.recvTime], [
      101.5,
      0.25,
      "buy",
      "heal",
      NOW - 1_000,
      NOW,
    ]);
  });

  it("asks again while the venue's database trails its tape, and after errors", async () => {
    const { healing, ids } = await heal([[], rows(101, 150), [], new RestError("503"), rows(151, 199)]);
    assert.deepEqual(healing, { outcome: "healed", rows: 99, why: undefined });
    assert.equal(ids.length, 99);
  });

  it("takes nothing from behind a hole in the answer, and nothing of an answer that is not what the venue promises", async () => {
    const torn = await heal([[...rows(101, 110), ...rows(120, 199)], rows(111, 199)]);
    assert.deepEqual([torn.healing, torn.ids], [{ outcome: "healed", rows: 99, why: undefined }, rows(101, 199).map(({ id }) => id)]);
    const wrong = await heal([[{ ...row(101), price: 5 }], rows(101, 199)]);
    assert.equal(wrong.ids.length, 99);
  });

  it("gives up when nothing comes any more, and says what it had and why", async () => {
    const { healing, requests } = await heal([rows(101, 120), []]);
    assert.ok(healing !== "pending" && healing !== undefined);
    assert.deepEqual([healing.outcome, healing.rows, healing.why], ["unhealable", 20, "the venue gives nothing after 120"]);
    assert.ok(requests.length < 12);
  });

  it("fetches the smallest holes first, a few requests at a time, and gives none of a million or more", async () => {
    const timers = new ManualTimers();
    const order: string[] = [];
    let open = 0;
    let openMost = 0;
    const rest = {
      async get(path: string): Promise<unknown> {
        openMost = Math.max(openMost, ++open);
        const [, symbol, first, limit] = /symbol=(\w+)&fromId=(\d+)&limit=(\d+)/.exec(path)!;
        await new Promise<void>((resolve) => timers.after(100, resolve));
        open--;
        order.push(symbol!);
        return rows(Number(first), Number(first) + Number(limit) - 1);
      },
    };
    const runtime = { clock: { wallTime: () => NOW, monotonicMs: () => timers.nowMs }, timers } as unknown as Runtime;
    const healer = new Healer(runtime, rest, new Codec(SOURCE), new AbortController().signal);
    const healed = [5_000, 4_000, 3_000, 20, 10].map((missing, i) =>
      healer.heal({ channel: CHANNEL, symbol: `S${i}`, afterId: 100, beforeId: 101 + missing, fill: () => {} })
    );
    const huge = await healer.heal({ channel: CHANNEL, symbol: "HUGE", afterId: 0, beforeId: 1_000_002, fill: () => {} });
    assert.deepEqual(huge, { outcome: "unhealable", rows: 0, why: "1000001 are missing, 1000000 are fetched at most" });
    await timers.advance(5_000);
    assert.deepEqual(
      (await Promise.all(healed)).map((each) => [each?.outcome, each?.rows]),
      [5_000, 4_000, 3_000, 20, 10].map((n) => ["healed", n]),
    );
    assert.equal(openMost, 3);
    assert.ok(order.indexOf("S4") < 6 && order.indexOf("S3") < 6, `the small ones early: ${order}`);
    assert.equal(order.at(-1), "S0");
  });
});
