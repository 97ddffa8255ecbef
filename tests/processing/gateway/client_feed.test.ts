import assert from "node:assert/strict";
import { it } from "node:test";
import { Agora } from "../../../src/agora/agora.ts";
import type { Publisher } from "../../../src/agora/publisher.ts";
import { bbo } from "../../../src/events/bbo.ts";
import type { EventBase } from "../../../src/events/event_type.ts";
import { gap } from "../../../src/events/gap.ts";
import { trade } from "../../../src/events/trade.ts";
import { ClientFeed, type FeedOwner } from "../../../src/processing/gateway/client_feed.ts";
import { GapWatch } from "../../../src/processing/gateway/gap_watch.ts";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";
import { gapOf, quote, runtime, tradeOf } from "./gateway_scene.ts";
import { discontinuities, type Message } from "./stream_client.ts";

const STEPS = 250_000;
const SYMBOLS = ["A", "B", "C", "D"];
const PATTERNS = ["binance/*/A", "binance/bbo/*", "binance/trade/B", "*/*/*", "binance/trade/D"];

/** A path as the model keeps it: every event ever published, over all its lives. */
interface Model {
  publisher: Publisher<EventBase> | undefined;
  published: number;
}

/** What a client must know of a path: which event it was told last, by the number the event carries. */
interface Known {
  id: number;
  seq: number;
}

function feedOf(agora: Agora, owner: FeedOwner): ClientFeed {
  return new ClientFeed(agora, { texts: new WeakMap(), gaps: new GapWatch(agora) }, owner);
}

function messageOf(bytes: Uint8Array): Message {
  return JSON.parse(new TextDecoder().decode(bytes)) as Message;
}

it("steps without number of publishing, joining, leaving and reading equal a list and a map", () => {
  const random = new SeededRandom(11, "feed");
  const agora = new Agora(runtime.timers);
  const models = new Map<string, Model>();
  for (const symbol of SYMBOLS) {
    for (const type of ["bbo", "trade"]) models.set(`binance/${type}/${symbol}`, { publisher: undefined, published: 0 });
  }
  const paths = [...models.keys()];
  let lost = 0;
  const feed = feedOf(agora, { ready() {}, lost: (count) => lost += count });
  const held = new Set<string>();
  let known = new Map<string, Known>();
  let told = 0;
  let lagged = 0;
  const matches = (pattern: string, path: string) => pattern.split("/").every((part, i) => part === "*" || part === path.split("/")[i]);
  const isHeld = (path: string) => [...held].some((pattern) => matches(pattern, path));

  for (let step = 0; step < STEPS; step++) {
    const what = random.below(1_000);
    const path = paths[random.below(paths.length)]!;
    const model = models.get(path)!;
    if (what < 850) publish(path, model, step % 50_000 < 25_000 ? 1 : 3);
    else if (what < 990) read(random.below(4_000));
    else if (what < 994) toggle(PATTERNS[random.below(PATTERNS.length)]!);
    else if (what < 996 && model.publisher !== undefined) {
      model.publisher.close();
      model.publisher = undefined;
    }
  }
  while (!feed.isEmpty) read(1e9);
  for (const [path, { id }] of known) assert.equal(id, models.get(path)!.published, `${path}: the newest is missing`);
  assert.ok(told > 100_000 && lagged > 1_000 && lost === lagged, `${told} told, ${lagged} lagged, ${lost} lost`);

  function publish(path: string, model: Model, count: number): void {
    const [, type, symbol] = path.split("/");
    model.publisher ??= agora.open(path, (type === "bbo" ? bbo : trade) as never) as Publisher<EventBase>;
    for (let i = 0; i < count; i++) {
      model.published++;
      model.publisher.publish([type === "bbo" ? quote(symbol!, model.published) : tradeOf(symbol!, model.published)]);
    }
  }

  function toggle(pattern: string): void {
    if (held.delete(pattern)) {
      feed.unsubscribe(pattern);
      known = new Map([...known].filter(([each]) => isHeld(each)));
      return;
    }
    held.add(pattern);
    feed.subscribe(pattern);
  }

  /** Every message is the next one, or says how many are not; nothing comes of a path that is not asked for. */
  function read(bytes: number): void {
    for (const message of feed.take(bytes)) {
      const { path = "", seq, event, lagged: missed } = messageOf(message);
      assert.ok(isHeld(path), `${path} was not asked for`);
      const before = known.get(path);
      if (missed !== undefined) {
        lagged += missed;
        if (before !== undefined) known.set(path, { id: before.id + missed, seq: before.seq + missed });
        continue;
      }
      const id = event.trade_id ?? event.update_id;
      told++;
      if (before !== undefined) assert.deepEqual([id, seq], [before.id + 1, before.seq + 1], path);
      known.set(path, { id, seq: seq! });
    }
  }
});

it("tells what was lost even when nothing comes after it", () => {
  const agora = new Agora(runtime.timers);
  const trades = agora.open("binance/trade/A", trade);
  const feed = feedOf(agora, { ready() {}, lost() {} });
  feed.subscribe("binance/trade/A");
  trades.publish([tradeOf("A", 1)]);
  const messages = feed.take(1e9).map(messageOf);
  for (let n = 2; n <= 50_000; n++) trades.publish([tradeOf("A", n)]);
  while (!feed.isEmpty) messages.push(...feed.take(10_000).map(messageOf));
  assert.deepEqual(discontinuities(messages), []);
  assert.equal(messages.at(-1)!.seq, 50_000);
  const told = messages.filter(({ seq }) => seq !== undefined).length;
  assert.equal(told + messages.reduce((sum, { lagged = 0 }) => sum + lagged, 0), 50_000);
});

it("hears a path from its first event on when it was there before the path", () => {
  const agora = new Agora(runtime.timers);
  const feed = feedOf(agora, { ready() {}, lost() {} });
  feed.subscribe("binance/trade/*");
  const trades = agora.open("binance/trade/A", trade);
  trades.publish([tradeOf("A", 1), tradeOf("A", 2)]);
  assert.deepEqual(feed.take(1e9).map((bytes) => messageOf(bytes).seq), [1, 2]);
});

it("who leaves a path before its events were taken hears of the others all the same", () => {
  const agora = new Agora(runtime.timers);
  const [first, second] = ["A", "B"].map((symbol) => agora.open(`binance/trade/${symbol}`, trade));
  let ready = 0;
  const feed = feedOf(agora, { ready: () => ready++, lost() {} });
  feed.subscribe("binance/trade/A");
  feed.subscribe("binance/trade/B");
  first!.publish([tradeOf("A", 1)]);
  assert.equal(ready, 1);
  feed.unsubscribe("binance/trade/A");
  assert.ok(feed.isEmpty);
  second!.publish([tradeOf("B", 1)]);
  assert.equal(ready, 2, "there is something to take again");
});

it("who lagged, and leaves what it lagged behind of, hears of the others all the same", () => {
  const agora = new Agora(runtime.timers);
  const [first, second] = ["A", "B"].map((symbol) => agora.open(`binance/trade/${symbol}`, trade));
  let ready = 0;
  const feed = feedOf(agora, { ready: () => ready++, lost() {} });
  for (const symbol of ["A", "B"]) feed.subscribe(`binance/trade/${symbol}`);
  for (let n = 1; n <= 10_000; n++) first!.publish([tradeOf("A", n)]);
  feed.unsubscribe("binance/trade/A");
  assert.ok(feed.isEmpty, "of B it missed nothing");
  second!.publish([tradeOf("B", 1), tradeOf("B", 2)]);
  assert.equal(ready, 2, "there is something to take again");
  assert.deepEqual(feed.take(1e9).map((bytes) => messageOf(bytes).seq), [1, 2]);
});

it("who lagged leaves a path with the first event it misses, and loses nothing of one that was quiet", () => {
  const agora = new Agora(runtime.timers);
  const [busy, quiet] = ["A", "B"].map((symbol) => agora.open(`binance/trade/${symbol}`, trade));
  const feed = feedOf(agora, { ready() {}, lost() {} });
  feed.subscribe("binance/trade/*");
  quiet!.publish([tradeOf("B", 1)]);
  for (let n = 1; n <= 10_000; n++) busy!.publish([tradeOf("A", n)]);
  const messages = feed.take(1e9).map(messageOf);
  quiet!.publish([tradeOf("B", 2)]);
  messages.push(...feed.take(1e9).map(messageOf));
  assert.deepEqual(discontinuities(messages), []);
  const lagged = messages.filter((message) => message.lagged !== undefined).map(({ path }) => path);
  assert.deepEqual(lagged, ["binance/trade/A"]);
  assert.deepEqual(messages.filter(({ path }) => path === "binance/trade/B").map(({ seq }) => seq), [1, 2]);
});

it("a reader that takes nothing is told to hurry, then given up", () => {
  const agora = new Agora(runtime.timers);
  const trades = agora.open("binance/trade/A", trade);
  const feed = feedOf(agora, { ready() {}, lost() {} });
  feed.subscribe("binance/trade/*");
  assert.equal(feed.look(), "fine", "nothing to take is no fault");
  trades.publish([tradeOf("A", 1)]);
  assert.equal(feed.take(1e9).length, 1);
  trades.publish([tradeOf("A", 2)]);
  assert.deepEqual([feed.look(), feed.look(), feed.look()], ["fine", "lagging", "stalled"]);
  assert.equal(feed.take(1e9).length, 1);
  trades.publish([tradeOf("A", 3)]);
  assert.deepEqual([feed.look(), feed.look()], ["fine", "lagging"]);
});

it("a hole is told between the events it was seen between, and is not left out when everything else is", () => {
  const agora = new Agora(runtime.timers);
  const quotes = agora.open("binance/bbo/A", bbo);
  const feed = feedOf(agora, { ready() {}, lost() {} });
  feed.subscribe("binance/bbo/*");
  quotes.publish([quote("A", 1)]);
  const gaps = agora.open("binance/gap/A", gap);
  const take = () => feed.take(1e9).map(messageOf);
  gaps.publish([gapOf("A", "bbo", 1), gapOf("A", "trade", 2)]);
  quotes.publish([quote("A", 2)]);
  assert.deepEqual(take().map(({ path, seq, gap }) => [path, seq ?? gap.after_id]), [
    ["binance/bbo/A", 1],
    ["binance/bbo/A", 1],
    ["binance/bbo/A", 2],
  ]);
  for (let n = 3; n < 20_000; n++) {
    quotes.publish([quote("A", n)]);
    if (n % 1_000 === 0) gaps.publish([gapOf("A", "bbo", n)]);
  }
  const messages = take();
  assert.deepEqual(messages.flatMap(({ gap }) => gap?.after_id ?? []), Array.from({ length: 19 }, (_, i) => 1_000 * (i + 1)));
  assert.ok(messages.some(({ lagged }) => lagged !== undefined));
  assert.equal(messages.findLast(({ seq }) => seq !== undefined)!.seq, 19_999);
  feed.unsubscribe("binance/bbo/*");
  gaps.publish([gapOf("A", "bbo", 3)]);
  assert.deepEqual(take(), []);
});
