import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gap } from "../../../src/events/gap.ts";
import { gapOf, GatewayScene, quote, runtime, tradeOf } from "./gateway_scene.ts";
import { discontinuities, eventually, type Message, stoppedReader, StreamClient } from "./stream_client.ts";

const eventsOf = (messages: readonly Message[], path: string) => messages.filter((each) => each.path === path && each.seq !== undefined);

describe("/v1/stream", () => {
  it("begins with the current value and goes on with every event after it, whenever a client joins under load", async () => {
    const scene = await GatewayScene.open();
    const symbols = ["AAA", "BBB", "CCC"];
    const publishers = symbols.map((symbol) => scene.trades(symbol));
    const counts = symbols.map(() => 0);
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        publishers.forEach((publisher, i) => publisher.publish([tradeOf(symbols[i]!, ++counts[i]!), tradeOf(symbols[i]!, ++counts[i]!)]));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    })();
    const clients: StreamClient[] = [];
    for (let i = 0; i < 12; i++) {
      clients.push(
        await StreamClient.open(scene.url, i % 2 === 0 ? ["binance/trade/*"] : ["binance/trade/AAA", "binance/*/BBB", "*/trade/BBB"]),
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    isOver = true;
    await load;
    for (const [i, client] of clients.entries()) {
      const expected = i % 2 === 0 ? [0, 1, 2] : [0, 1];
      for (const s of expected) {
        const path = `binance/trade/${symbols[s]}`;
        assert.ok(
          await eventually(() => eventsOf(client.messages, path).at(-1)?.seq === counts[s]),
          `client ${i} lacks the end of ${path}`,
        );
        for (const { seq, event } of eventsOf(client.messages, path)) assert.equal(event.trade_id, seq);
      }
      assert.deepEqual(discontinuities(client.messages), []);
      assert.equal(client.messages.filter(({ lagged }) => lagged !== undefined).length, 0);
      assert.equal(new Set(client.messages.map(({ path }) => path)).size, expected.length, "each path once, however many patterns match");
      await client.close();
    }
  });

  it("tells of a hole in a path to who subscribed to it, over both kinds of stream, without a number", async () => {
    const scene = await GatewayScene.open();
    const publisher = scene.trades("AAA");
    publisher.publish([tradeOf("AAA", 1)]);
    const client = await StreamClient.open(scene.url, ["binance/trade/AAA"]);
    const answer = await fetch(`${scene.url}/v1/stream?path=binance/trade/*`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes('"seq":1')) text += (await reader.read()).value ?? assert.fail("the stream ended");
    assert.ok(await eventually(() => client.messages.length === 1));
    scene.agora.open("binance/gap/AAA", gap).publish([gapOf("AAA", "trade", 1), gapOf("AAA", "bbo", 7)]);
    publisher.publish([tradeOf("AAA", 3)]);
    while (!text.includes('"seq":2')) text += (await reader.read()).value ?? assert.fail("the stream ended");
    assert.ok(await eventually(() => client.messages.length === 3));
    for (
      const messages of [
        client.messages,
        text.split("\n\n").filter((part) => part.startsWith("data: ")).map((part) => JSON.parse(part.slice(6))),
      ]
    ) {
      assert.deepEqual(messages.map(({ seq, gap }: Message) => seq ?? [gap.data_type, gap.after_id, gap.outcome]), [
        1,
        ["trade", 1, "open"],
        2,
      ]);
    }
    await reader.cancel();
    await client.close();
  });

  it("speaks server-sent events too", async () => {
    const scene = await GatewayScene.open();
    const publisher = scene.quotes("AAA");
    publisher.publish([quote("AAA", 1)]);
    const answer = await fetch(`${scene.url}/v1/stream?path=binance/bbo/*`);
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
    const messages: Message[] = [];
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    const reading = (async () => {
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += part.value;
        const lines = text.split("\n\n");
        text = lines.pop()!;
        for (const line of lines) if (line.startsWith("data: ")) messages.push(JSON.parse(line.slice(6)));
      }
    })().catch(() => {});
    assert.ok(await eventually(() => messages.length === 1));
    for (let n = 2; n <= 2_000; n++) publisher.publish([quote("AAA", n)]);
    assert.ok(await eventually(() => messages.length === 2_000), `${messages.length}`);
    assert.deepEqual(discontinuities(messages), []);
    await reader.cancel();
    await reading;
    const untilMs = performance.now() + 5_000;
    while (await sessions(scene) > 0) assert.ok(performance.now() < untilMs, "its session outlives it");
  });

  it("goes on counting when a path ends and begins anew, and stops what is no longer asked for", async () => {
    const scene = await GatewayScene.open();
    const first = scene.trades("AAA");
    first.publish([tradeOf("AAA", 1), tradeOf("AAA", 2)]);
    const client = await StreamClient.open(scene.url, ["binance/trade/AAA"]);
    assert.ok(await eventually(() => client.messages.length === 1));
    first.close();
    const second = scene.trades("AAA");
    second.publish([tradeOf("AAA", 3)]);
    assert.ok(await eventually(() => client.messages.length === 2));
    assert.deepEqual(client.messages.map(({ seq }) => seq), [2, 3]);
    client.ask("unsubscribe", ["binance/trade/AAA"]);
    client.ask("subscribe", ["binance/trade/BBB"]); // its answer shows that the one before was heard
    assert.ok(await eventually(() => client.messages.at(-1)?.error?.code === "unknown_path"));
    second.publish([tradeOf("AAA", 4)]);
    scene.trades("BBB").publish([tradeOf("BBB", 1)]);
    assert.ok(await eventually(() => client.messages.at(-1)?.path === "binance/trade/BBB"), "a path listed later is joined");
    assert.equal(eventsOf(client.messages, "binance/trade/AAA").length, 2);
    await client.close();
  });

  it("bounds a reader that stopped: its quotes are conflated, its trades dropped and told, and nobody else notices", async () => {
    const scene = await GatewayScene.open({ clientPatienceMs: 120_000 }); // nobody is shown the door here, however slow the machine
    const quotes = scene.quotes("AAA");
    const trades = scene.trades("AAA");
    const stopped = await Promise.all(Array.from({ length: 20 }, () => stoppedReader(scene.port, ["binance/*/AAA"])));
    const good = await StreamClient.open(scene.url, ["binance/*/AAA"]);
    quotes.publish([quote("AAA", 1)]);
    assert.ok(await eventually(() => good.messages.length === 1));
    (globalThis as { gc?: () => void }).gc?.();
    const before = runtime.process.rssBytes();
    let n = 1;
    for (let round = 0; round < 1_000; round++) {
      for (let i = 0; i < 20; i++) {
        n++;
        quotes.publish([quote("AAA", n)]);
        trades.publish([tradeOf("AAA", n - 1)]);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(await eventually(() => eventsOf(good.messages, "binance/trade/AAA").at(-1)?.seq === n - 1, 15_000));
    assert.deepEqual(discontinuities(good.messages), []);
    assert.equal(good.messages.filter(({ lagged }) => lagged !== undefined).length, 0, "a reader that reads loses nothing");
    const grown = runtime.process.rssBytes() - before;
    assert.ok(grown < 20 * 2 * 1024 * 1024 + 40_000 * 2_000, `${Math.round(grown / 1024 / 1024)} MB more`); // its own messages are kept by the good one
    // One of them wakes up: what it reads is contiguous but for what it is told of, and ends with the newest.
    const awake = await messagesOf(
      stopped[0]!,
      (messages) => messages.some(({ path, seq }) => path === "binance/trade/AAA" && seq === n - 1),
    );
    assert.deepEqual(discontinuities(awake), []);
    assert.ok(awake.some(({ lagged }) => lagged !== undefined));
    assert.ok(scene.telemetry.total("argus_gateway_events_lagged_total") > 0);
    assert.equal(eventsOf(awake, "binance/bbo/AAA").at(-1)!.seq, n);
    for (const socket of stopped) socket.destroy();
    await good.close();
  });

  it("shows a reader that stays asleep the door, and nobody who reads", async () => {
    const scene = await GatewayScene.open({ clientPatienceMs: 1_000 });
    const trades = scene.trades("AAA");
    const stopped = await Promise.all(Array.from({ length: 20 }, () => stoppedReader(scene.port, ["binance/trade/AAA"])));
    const good = await StreamClient.open(scene.url, ["binance/trade/AAA"]);
    let n = 0;
    const untilMs = performance.now() + 30_000;
    while (await sessions(scene) > 1) {
      for (let i = 0; i < 500; i++) trades.publish([tradeOf("AAA", ++n)]);
      assert.ok(performance.now() < untilMs, `${await sessions(scene)} clients are still there`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(await eventually(() => good.messages.at(-1)?.seq === n, 15_000));
    assert.deepEqual(discontinuities(good.messages), []);
    assert.equal(await sessions(scene), 1, "who reads stays");
    for (const socket of stopped) socket.destroy();
    await good.close();
  });
});

const sessions = async ({ url }: GatewayScene): Promise<number> => (await (await fetch(`${url}/v1/status`)).json()).gateway.clients.length;

/** What a raw socket still brings, frame by frame. */
function messagesOf(socket: import("node:net").Socket, isEnough: (messages: Message[]) => boolean): Promise<Message[]> {
  const messages: Message[] = [];
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`only ${messages.length} messages`)), 15_000);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 2) {
        const short = bytes[1]! & 127;
        const at = short === 126 ? 4 : short === 127 ? 10 : 2;
        if (bytes.length < at) return;
        const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
        if (bytes.length < at + length) return;
        if ((bytes[0]! & 15) === 1) messages.push(JSON.parse(bytes.subarray(at, at + length).toString("utf8")));
        bytes = bytes.subarray(at + length);
      }
      if (!isEnough(messages)) return;
      clearTimeout(timer);
      resolve(messages);
    });
    socket.resume();
  });
}
