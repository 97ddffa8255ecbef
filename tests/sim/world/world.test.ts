import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectOf } from "../../../src/sim/venue/dialects.ts";
import { LedgerBook } from "../../../src/sim/venue/ledger_book.ts";
import { marketListings } from "../../../src/sim/venue/market_names.ts";
import { SyntheticMarket } from "../../../src/sim/venue/synthetic_market.ts";
import { Venue } from "../../../src/sim/venue/venue.ts";
import { connect, HOST, type Noted, real, worldOf } from "./support.ts";

const STREAMS = ["btcusdt@trade", "btcusdt@bookTicker", "ethusdt@depth@100ms"];

/** A real venue in a world, with a client that only listens. */
function marketWorld(seed: number, rate = 100) {
  const world = worldOf(seed);
  const exchange = world.runtime("exchange");
  const dialect = dialectOf("binance");
  const market = new SyntheticMarket(exchange, dialect, { seed: 7, rate, listings: marketListings(7, ["BTCUSDT", "ETHUSDT"]) });
  const ledger = new LedgerBook();
  const venue = new Venue(exchange, dialect, market, { ledger });
  world.network.serve(HOST, venue);
  const runtime = world.runtime("recorder");
  const listen = () => connect(runtime, `ws://${HOST}/stream?timeUnit=MICROSECOND&streams=${STREAMS.join("/")}`, { silentAfterMs: 30_000 });
  return { world, venue, ledger, runtime, listen };
}

/** Names of the frames' events, as the ledger names them. */
function idsOf({ log }: Noted): string[] {
  return log.filter((each) => each.startsWith("{")).map((frame) => {
    const { data } = JSON.parse(frame) as { data: Record<string, number> };
    return String(data["t"] ?? (data["U"] === undefined ? data["u"] : `${data["U"]}-${data["u"]}`));
  });
}

test("the same seed gives the same world, event by event; another seed another one", async () => {
  const run = async (seed: number) => {
    const { world, runtime, listen } = marketWorld(seed);
    const seen: string[] = [];
    const client = listen();
    runtime.timers.every(100, () => {
      const file = runtime.disk.exists("/log") ? runtime.disk.open("/log", "update") : runtime.disk.open("/log", "create");
      file.append(new TextEncoder().encode(client.log.slice(-1).join("\n")));
      file.close();
    });
    for (let i = 0; i < 60; i++) {
      if (i % 20 === 10) world.network.cut(HOST, 0);
      if (i % 20 === 15) listen();
      await world.advance(500);
      seen.push(`${world.tasks} ${client.log.length}`);
    }
    const files = [...world.host("recorder").disk.files()].map(([path, bytes]) => `${path} ${real.compression.sha256(bytes)}`);
    return { seen, log: client.log, files };
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  assert.deepEqual(one, again);
  assert.ok(one.log.length > 100);
  assert.notDeepEqual(one.seen, other.seen);
  assert.notDeepEqual(one.files, other.files);
});

test("a pong answers for everything before it: on a cut connection what the ledger counts as arrived did arrive", async () => {
  let owedSeeds = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const { world, ledger, venue, listen } = marketWorld(seed);
    Object.assign(world.network.conditions, { latencyMs: 400, jitterMs: 400, stallOneIn: 20 });
    const client = listen();
    await world.advance(24_000 + seed * 37);
    world.network.cut(HOST, 0);
    await world.advance(3_000);
    const arrived = new Set(idsOf(client));
    const owed = [...ledger.owed().values()].flat();
    for (const { must, id, stream } of owed) if (must) assert.ok(arrived.has(id), `seed ${seed}: ${stream} ${id}`);
    const sent = new Set(owed.map(({ id }) => id));
    for (const id of arrived) assert.ok(sent.has(id), `seed ${seed}: ${id} was never sent`);
    if (owed.some(({ must }) => must) && arrived.size < sent.size) owedSeeds++;
    venue.stop();
  }
  assert.ok(owedSeeds > 10, `only ${owedSeeds} seeds had something owed and something lost`);
});

test("after a quiet end everything that was sent has arrived", async () => {
  const { world, ledger, venue, listen } = marketWorld(3);
  const client = listen();
  await world.advance(10_000);
  venue.quiesce();
  await world.runUntil(venue.delivered(), 10_000);
  const owed = [...ledger.owed().values()].flat();
  assert.deepEqual(idsOf(client).sort(), owed.map(({ id }) => id).sort());
  assert.ok(owed.every(({ must }) => must) && owed.length > 300);
  await world.runUntil(venue.leave(), 5_000);
  await world.advance(1_000);
  assert.equal(client.log.at(-1), "closed ended");
});

test("a virtual day of a quiet market takes no time", async () => {
  const { world, venue } = marketWorld(4, 0.01);
  const client = connect(world.runtime("recorder"), `ws://${HOST}/stream?streams=ethusdt@nothing`);
  await world.advance(23 * 3_600_000);
  assert.deepEqual(client.log, ["opened"]);
  await world.advance(2 * 3_600_000);
  assert.deepEqual(client.log, ["opened", "closed ended"]); // at its age
  venue.stop();
});
