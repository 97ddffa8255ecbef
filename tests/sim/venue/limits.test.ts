import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConnectRate } from "../../../src/sim/venue/connect_rate.ts";
import { stillVenue } from "./support.ts";

test("five frames in a second are read, the sixth ends the connection with 1008", async () => {
  const still = stillVenue();
  const client = still.connect();
  for (let second = 0; second < 3; second++) {
    for (let i = 0; i < 5; i++) client.say("LIST_SUBSCRIPTIONS", [], i);
    await still.advance(1_000);
  }
  assert.equal(client.frames.length, 15);
  assert.equal(client.closeCode(), undefined);
  for (let i = 0; i < 6; i++) client.say("LIST_SUBSCRIPTIONS", [], i);
  assert.deepEqual(client.closing, { code: 1008, reason: "Too many requests" });
  assert.equal(client.frames.length, 20);
});

test("pings and pongs of the client count as frames", async () => {
  const still = stillVenue();
  const client = still.connect();
  await still.advance(500);
  for (let i = 0; i < 3; i++) client.clientPing();
  for (let i = 0; i < 3; i++) client.pong(Uint8Array.of(i));
  assert.equal(client.closing?.reason, "Too many requests");
});

test("a ping goes out every 20 s; without its pong the connection ends after 60 s, whatever else is answered", async () => {
  const still = stillVenue({ symbols: [] });
  const [good, bad] = [still.connect(), still.connect()];
  bad.answersPings = false;
  const unsolicited = async () => {
    for (let s = 0; s < 79; s++) {
      bad.pong(Uint8Array.of(0));
      await still.advance(1_000);
    }
  };
  await unsolicited();
  assert.equal(bad.closeCode(), undefined);
  await still.advance(1_500);
  assert.deepEqual(bad.closing, { code: 1008, reason: "Pong timeout" });
  await still.advance(200_000);
  assert.equal(good.closeCode(), undefined);
  assert.equal(good.pings.length, 14);
  assert.notDeepEqual(good.pings[0], good.pings[1]);
});

test("the pong of a later ping answers for the earlier ones too", async () => {
  const still = stillVenue({ symbols: [] });
  const client = still.connect();
  client.answersPings = false;
  await still.advance(60_500);
  client.pong(client.pings[2]!);
  await still.advance(59_000);
  assert.equal(client.closeCode(), undefined);
});

test("1,024 streams are carried, one more ends the connection", async () => {
  const still = stillVenue();
  const client = still.connect();
  const names = Array.from({ length: 1_025 }, (_, i) => `s${i}@trade`);
  for (let i = 0; i < 1_024; i += 200) {
    client.say("SUBSCRIBE", names.slice(i, Math.min(i + 200, 1_024)));
    await still.advance(300);
  }
  assert.equal(client.closeCode(), undefined);
  client.say("SUBSCRIBE", names.slice(0, 1)); // a stream twice is one stream
  await still.advance(300);
  assert.equal(client.closeCode(), undefined);
  client.say("SUBSCRIBE", names.slice(1_024));
  assert.equal(client.closeCode(), 1_008);
});

test("a frame of 4,088 bytes is answered, one of 4,089 is not", () => {
  const client = stillVenue().connect();
  const frame = (bytes: number) => {
    const bare = JSON.stringify({ method: "SUBSCRIBE", params: ["@trade"], id: 1 });
    return bare.replace("@trade", `${"x".repeat(bytes - bare.length)}@trade`);
  };
  client.text(frame(4_089));
  assert.equal(client.frames.length, 0);
  client.text(frame(4_088));
  assert.deepEqual(client.frames, ['{"result":null,"id":1}']);
});

test("300 connects in five minutes and address, the next is refused with 429 and the wait", async () => {
  const still = stillVenue({ symbols: [], limits: { pingEveryMs: 3_600_000 } });
  for (let i = 0; i < 300; i++) assert.equal(still.connect().refusal, undefined);
  await still.advance(10_000);
  const refused = still.connect().refusal;
  assert.equal(refused?.refuse, 429);
  assert.equal(still.connect(undefined, "10.0.0.2").refusal, undefined);
  await still.advance(refused.retryAfterMs! - 1);
  assert.equal(still.connect().refusal?.refuse, 429);
});

test("an address that keeps away as told gets in again", async () => {
  const still = stillVenue({ symbols: [], limits: { connectsMax: 3, connectWindowMs: 60_000 } });
  for (let i = 0; i < 3; i++) still.connect();
  const wait = still.connect().refusal!.retryAfterMs!;
  await still.advance(wait);
  assert.equal(still.connect().refusal, undefined);
});

test("no wait is longer than the window, at whatever fraction of a millisecond it is asked for", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e9 }).map((us) => us / 1_000), (nowMs) => {
    const rate = new ConnectRate(1, 300_000);
    assert.equal(rate.attempt("10.0.0.1", nowMs), 0);
    assert(rate.attempt("10.0.0.1", nowMs) <= 300_000);
  }));
});

test("a connection ends at its age, with a notice before it where that is asked for", async () => {
  const still = stillVenue({ symbols: [], shutdownNoticeMs: 60_000, limits: { pingEveryMs: 3_600_000, pongWithinMs: 7_200_000 } });
  const [combined, raw] = [still.connect(), still.connect("/ws")];
  await still.advance(24 * 3_600_000 - 60_001);
  assert.deepEqual(combined.frames, []);
  await still.advance(1);
  assert.match(combined.frames[0]!, /^{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":17950863\d{8}}}$/);
  assert.match(raw.frames[0]!, /^{"e":"serverShutdown","E":17950863\d{5}}$/);
  assert.equal(combined.closeCode(), undefined);
  await still.advance(60_000);
  assert.equal(combined.closeCode(), 1_001);
});

test("the end of a connection's life can be a reset", async () => {
  const still = stillVenue({ endsBy: "reset", limits: { socketAgeMaxMs: 5_000 } });
  const client = still.connect();
  await still.advance(5_000);
  assert(client.wasReset);
});

test("a consumer that lags too far is cut off, nothing is conflated", async () => {
  const still = stillVenue({ queueBytesMax: 1_000 });
  const client = still.connect("/stream?streams=btcusdt@trade");
  await still.advance(1_000);
  const before = client.frames.length;
  assert(before > 5 && !client.wasReset);
  client.buffered = 1_001;
  await still.advance(1_000);
  assert(client.wasReset);
  assert.equal(client.frames.length, before + 1);
});

test("a target that is too long, has no path of ours or a bad unit is refused", () => {
  const still = stillVenue();
  const status = (target: string) => still.connect(target).refusal?.refuse;
  assert.equal(status(`/stream?streams=${"x".repeat(8_000)}@trade`), 414);
  assert.equal(status("/market/stream"), 404);
  assert.equal(status("/stream?timeUnit=NANOSECOND"), 400);
  assert.equal(status("/stream?timeUnit=constructor"), 400);
  assert.equal(status("/stream?streams=btcusdt"), 400);
  assert.equal(status("/stream?streams=%zz"), 400);
});

test("an address whose connections are closed for too many frames again and again is turned away for two minutes", async () => {
  const still = stillVenue({ symbols: [], limits: { pingEveryMs: 3_600_000 } });
  const offend = () => {
    const client = still.connect();
    for (let i = 0; i < 6; i++) client.say("LIST_SUBSCRIPTIONS", [], i);
    return client;
  };
  for (let i = 0; i < 6; i++) assert.equal(offend().closeCode(), 1_008);
  assert.deepEqual([still.connect().refusal?.refuse, still.connect().refusal?.retryAfterMs], [418, 120_000]);
  assert.equal(still.connect(undefined, "10.0.0.2").refusal, undefined);
  await still.advance(119_999);
  assert.equal(still.connect().refusal?.refuse, 418);
  await still.advance(1);
  assert.equal(still.connect().refusal, undefined);
});

test("the ledger says why a connection was ended", async () => {
  const still = stillVenue({ symbols: [] });
  const client = still.connect();
  for (let i = 0; i < 6; i++) client.clientPing();
  still.connect().leave();
  await still.advance(0);
  const closed = still.ledger.lines.flatMap((line) => "step" in line && line.step === "closed" ? [line] : []);
  assert.deepEqual(closed.map(({ conn, how, by, detail }) => [conn, how, by, detail]), [
    [1, "handshake", "venue", "1008 Too many requests"],
    [2, "cut", "client", undefined],
  ]);
});
