import assert from "node:assert/strict";
import { test } from "node:test";
import { Faults } from "../../../src/sim/venue/faults.ts";
import { controlEndpoint } from "../../../src/sim/venue/control_endpoint.ts";
import { stillVenue } from "./support.ts";

function controlled(hasMarket = true) {
  const still = stillVenue({ faults: new Faults("rough", 7), limits: { connectsMax: 1_000 } });
  const endpoint = controlEndpoint(still.venue, hasMarket ? still.market : undefined, { stopFaults: () => still.venue.stopFaults() });
  const ask = (method: string, target: string) => {
    const answer = endpoint({ method, target, headers: {} });
    return answer === undefined ? undefined : { status: answer.status, body: JSON.parse(answer.body) };
  };
  return { still, ask };
}

test("a script lists, delists and halts symbols, and each is in the ledger", () => {
  const { still, ask } = controlled();
  assert.equal(ask("POST", "/sim/list?symbol=newusdt")!.status, 200);
  assert.equal(ask("POST", "/sim/halt?symbol=NEWUSDT")!.status, 200);
  assert.equal(ask("POST", "/sim/delist?symbol=ETHUSDT")!.status, 200);
  const listings = new Map(still.market.listings().map(({ symbol, status }) => [symbol, status]));
  assert.deepEqual([listings.get("NEWUSDT"), listings.get("ETHUSDT"), listings.get("BTCUSDT")], ["HALT", undefined, "TRADING"]);
  const told = still.ledger.lines.flatMap((line) => "market" in line ? [[line.market, line.detail]] : []);
  assert.deepEqual(told, [["listed", "NEWUSDT"], ["halted", "NEWUSDT"], ["delisted", "ETHUSDT"]]);
});

test("a shutdown notice reaches everyone; after stop-faults nothing goes wrong; after quiesce nothing comes", async () => {
  const { still, ask } = controlled();
  ask("POST", "/sim/stop-faults");
  const client = still.connect("/stream?streams=btcusdt@trade");
  await still.advance(1_000);
  ask("POST", "/sim/shutdown-notice");
  assert.match(client.frames.at(-1)!, /^{"stream":"!serverShutdown"/);
  await still.advance(100_000);
  assert(client.isOpen);
  const counts = ask("POST", "/sim/quiesce")!.body;
  const frames = client.frames.length;
  assert.deepEqual([counts.connections, counts.events, counts.faults], [1, frames - 1, {}]);
  await still.advance(5_000);
  assert.equal(client.frames.length, frames);
  assert.deepEqual(ask("GET", "/sim/ledger")!.body, counts);
});

test("every connection is cut at once, and new ones are let in", async () => {
  const { still, ask } = controlled();
  ask("POST", "/sim/stop-faults");
  const clients = [1, 2, 3].map(() => still.connect("/stream?streams=btcusdt@trade"));
  await still.advance(1_000);
  assert.equal(ask("POST", "/sim/cut")!.body.connections, 0);
  assert.ok(clients.every(({ wasReset }) => wasReset));
  assert.ok(still.connect("/stream?streams=btcusdt@trade").isOpen);
});

test("what is no control is left to the venue, what is none of its verbs is told", () => {
  const { ask } = controlled();
  assert.equal(ask("GET", "/api/v3/ping"), undefined);
  assert.equal(ask("GET", "/sim/quiesce")!.status, 405);
  assert.equal(ask("POST", "/sim/halt")!.status, 400);
  assert.match(ask("POST", "/sim/explode")!.body.error, /\/sim\/explode is nothing\. POST list, /);
  assert.equal(controlled(false).ask("POST", "/sim/list?symbol=X")!.status, 409);
});
