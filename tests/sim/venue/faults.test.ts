import assert from "node:assert/strict";
import { test } from "node:test";
import { Faults } from "../../../src/sim/venue/faults.ts";
import type { Life } from "../../../src/sim/venue/life.ts";
import { SymbolFaults } from "../../../src/sim/venue/symbol_faults.ts";
import { type Client, SPOT, type Still, stillVenue } from "./support.ts";

const SEED = 7;
const ALL = "btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms/ethusdt@trade/ethusdt@bookTicker/ethusdt@depth@100ms";

/** A plan of one's own: `Faults` with what a test needs to happen. */
class Planned extends Faults {
  readonly #plan: {
    readonly life?: Life;
    readonly upgrade?: ReturnType<Faults["upgrade"]>;
    readonly answer?: ReturnType<Faults["answer"]>;
  };

  constructor(
    plan: { readonly life?: Life; readonly upgrade?: ReturnType<Faults["upgrade"]>; readonly answer?: ReturnType<Faults["answer"]> },
  ) {
    super("calm", SEED);
    this.#plan = plan;
  }

  override life(n: number): Life {
    return this.#plan.life ?? super.life(n);
  }

  override upgrade(): ReturnType<Faults["upgrade"]> {
    return this.#plan.upgrade;
  }

  override answer(): ReturnType<Faults["answer"]> {
    return this.#plan.answer;
  }
}

const endingText = ({ end }: Life) => end.by === "reset" ? "reset" : `close ${end.code}`;
const LONG: Life = { ageMs: 3_600_000, noticeMs: 0, end: { by: "reset" } };

test("the same seed plans the same, another seed something else", () => {
  const plan = (seed: number) => {
    const faults = new Faults("rough", seed);
    return Array.from({ length: 200 }, (_, n) => [faults.life(n), faults.upgrade(n), faults.answer(n), faults.symbol(n)]);
  };
  assert.deepEqual(plan(1), plan(1));
  assert.notDeepEqual(plan(1), plan(2));
});

test("calm cuts at staggered ages, now and then with a notice or a reset; it refuses nobody and leaves the symbols alone", () => {
  const faults = new Faults("calm", SEED, 40_000);
  const lives = Array.from({ length: 1_000 }, (_, n) => faults.life(n));
  assert(lives.every(({ ageMs, decay }) => ageMs >= 20_000 && ageMs <= 40_000 && decay === undefined));
  assert(new Set(lives.map(({ ageMs }) => ageMs)).size > 900);
  const share = (holds: (life: Life) => boolean) => lives.filter(holds).length / lives.length;
  assert(Math.abs(share((life) => endingText(life) === "close 1001") - 0.85) < 0.05);
  assert(Math.abs(share(({ noticeMs }) => noticeMs > 0) - 0.25) < 0.05);
  assert(lives.every(({ noticeMs, ageMs }) => noticeMs <= ageMs / 2));
  assert(Array.from({ length: 1_000 }, (_, n) => faults.upgrade(n)).every((fault) => fault === undefined));
  assert.equal(faults.symbol(0), undefined);
});

test("rough knows every way to end, to fall silent, to refuse and to answer badly", () => {
  const faults = new Faults("rough", SEED);
  const seen = <T>(of: (n: number) => T) => new Set(Array.from({ length: 3_000 }, (_, n) => of(n)));
  const endings = seen((n) => endingText(faults.life(n)));
  for (const code of [1000, 1001, 1005, 1006, 1008, 1011, 1012, 1013, 4004]) assert(endings.has(`close ${code}`), `close ${code}`);
  assert(endings.has("reset"));
  assert.deepEqual([...seen((n) => faults.life(n).decay?.to)].sort(), ["dead", "mute", "rude", undefined].sort());
  assert.deepEqual([...seen((n) => faults.upgrade(n)?.refuse)].sort(), [429, 503, undefined]);
  assert.deepEqual([...seen((n) => faults.answer(n)?.status)].sort(), [429, 500, 503, 504, undefined]);
  assert(seen((n) => faults.answer(n)?.isCut).has(true));
  assert([...seen((n) => faults.answer(n)?.delayMs)].some((ms) => ms !== undefined && ms > 10_000), "none is later than a client waits");
  assert.deepEqual([...seen((n) => faults.symbol(n)?.kind)].sort(), ["delist", "halt", "list"]);
  const frames = Array.from({ length: 1_000_000 }, (_, n) => faults.frame(n));
  for (const [kind, share] of [["lost", 5e-5], ["doubled", 1e-3], ["damaged", 2e-4], ["drifted", 2e-4]] as const) {
    const count = frames.filter((each) => each === kind).length;
    assert(Math.abs(count - share * 1e6) < 5 * Math.sqrt(share * 1e6), `${kind}: ${count}`);
  }
});

test("through all faults of rough no connection loses a frame in its middle but on purpose, and the ledger knows each frame and each fault", async () => {
  const still = stillVenue({ faults: new Faults("rough", SEED), limits: { connectsMax: 10_000 } });
  const symbolFaults = new SymbolFaults(still.timers, still.venue, still.market, new Faults("rough", SEED));
  const clients: Client[] = [];
  for (let second = 0; second < 180; second++) {
    while (clients.filter(({ isOpen }) => isOpen).length < 3) clients.push(still.connect(`/stream?streams=${ALL}`));
    await still.advance(1_000);
  }
  const served = clients.filter(({ refusal }) => refusal === undefined);
  assert(served.length > 20 && clients.length > served.length);
  served.forEach((client, i) => assertWhole(client, still, i + 1));
  assert(served.some(({ closing }) => closing !== undefined) && served.some(({ wasReset }) => wasReset));
  const { faults } = still.venue.summary();
  for (const kind of ["refused", "closed", "reset", "mute", "dead", "rude", "halted", "frame doubled", "frame damaged", "frame drifted"]) {
    assert(faults[kind]! > 0, `${kind} never happened`);
  }
  const told = still.ledger.faults();
  for (const [kind, count] of Object.entries(faults)) assert.equal(told.filter((each) => each.startsWith(`${kind}: `)).length, count, kind);
  symbolFaults.stop();
});

/** The frames are those the ledger says were sent, less what befell some on purpose; per stream one number follows the other but where one was lost. */
function assertWhole(client: Client, still: Still, conn: number): void {
  const found = { lost: 0, doubled: 0, damaged: 0, drifted: 0 };
  const next = new Map<string, number>();
  const sent: string[] = [];
  let before = "";
  for (const text of client.frames.filter((each) => each.startsWith('{"stream"') && !each.startsWith('{"stream":"!'))) {
    if (text === before) found.doubled++;
    else if (!isJson(text)) found.damaged++;
    else {
      const { stream, data } = JSON.parse(text);
      if ("undocumented" in data) found.drifted++;
      sent.push(SPOT.facts(SPOT.topicOf(stream)!, JSON.stringify(data)).id);
      if (!stream.endsWith("@bookTicker")) {
        const [first, last] = stream.endsWith("@trade") ? [data["t"], data["t"]] : [data["U"], data["u"]];
        if (first !== (next.get(stream) ?? first)) found.lost++;
        next.set(stream, Number(last) + 1);
      }
    }
    before = text;
  }
  assert.deepEqual(sent, still.ledger.sentTo(conn).map(({ id }) => id));
  const told = (kind: string) => still.ledger.faults().filter((each) => each === `frame ${kind}: conn ${conn}`).length;
  assert.deepEqual([found.doubled, found.damaged, found.drifted], [told("doubled"), told("damaged"), told("drifted")]);
  assert(found.lost <= told("lost"), `connection ${conn}: ${found.lost} holes, ${told("lost")} frames lost on purpose`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("a mute connection acknowledges and answers pings, and brings nothing ever again", async () => {
  const still = stillVenue({ faults: new Planned({ life: { ...LONG, decay: { afterMs: 2_000, to: "mute" } } }) });
  const client = still.connect("/stream?streams=btcusdt@trade");
  await still.advance(2_000);
  const count = client.data.length;
  assert(count > 10);
  client.say("SUBSCRIBE", ["ethusdt@trade"]);
  client.say("LIST_SUBSCRIPTIONS", [], 2);
  assert.equal(client.frames.at(-1), '{"result":["btcusdt@trade","ethusdt@trade"],"id":2}');
  await still.advance(100_000);
  assert.equal(client.data.length, count);
  assert(client.isOpen && client.pings.length === 5);
});

test("a dead connection says nothing at all; the missing pong ends it", async () => {
  const still = stillVenue({ faults: new Planned({ life: { ...LONG, decay: { afterMs: 0, to: "dead" } } }) });
  const client = still.connect("/stream?streams=btcusdt@trade");
  await still.advance(79_000);
  assert.equal(client.venueIsDeafTo, "everything");
  assert(client.isOpen && client.data.length === 0);
  await still.advance(2_000);
  assert(!client.isOpen);
});

test("a refused upgrade tells its status, and when to come again where it knows", () => {
  const still = stillVenue({ faults: new Planned({ upgrade: { refuse: 429, reason: "Too many.", retryAfterMs: 2_000 } }) });
  assert.deepEqual(still.connect().refusal, { refuse: 429, reason: "Too many.", retryAfterMs: 2_000 });
  assert.deepEqual([still.venue.summary().refused, still.venue.summary().opened], [1, 0]);
});

test("an answer can fail, be late or break off, and costs its weight all the same", () => {
  const ask = (answer: NonNullable<ReturnType<Faults["answer"]>>) =>
    stillVenue({ faults: new Planned({ answer }) }).venue.request(
      { method: "GET", target: "/api/v3/exchangeInfo", headers: {} },
      "10.0.0.1",
    );
  const failed = ask({ status: 503 });
  assert.deepEqual([failed.status, JSON.parse(failed.body).code, failed.headers["x-mbx-used-weight-1m"]], [503, -1008, "20"]);
  const refused = ask({ status: 429, retryAfterMs: 1_000 });
  assert.deepEqual([refused.status, refused.headers["retry-after"], JSON.parse(refused.body).code], [429, "1", -1003]);
  const late = ask({ delayMs: 700 });
  assert.deepEqual([late.status, late.delayMs, JSON.parse(late.body).timezone], [200, 700, "UTC"]);
  assert.equal(ask({ isCut: true }).isCut, true);
});

test("symbols come, go and halt, and what went away trades on later", async () => {
  const still = stillVenue({ symbols: 6, faults: new Faults("rough", SEED) });
  const before = still.market.listings().map(({ symbol }) => symbol);
  const symbolFaults = new SymbolFaults(still.timers, still.venue, still.market, new Faults("rough", SEED));
  await still.advance(300_000);
  const { faults } = still.venue.summary();
  for (const kind of ["listed", "delisted", "halted"]) assert(faults[kind]! > 2, `${kind} ${faults[kind]}`);
  symbolFaults.stop();
  const told = still.ledger.faults().length;
  await still.advance(60_000);
  assert.equal(still.ledger.faults().length, told);
  const after = still.market.listings().map(({ symbol }) => symbol);
  assert(after.some((symbol) => !before.includes(symbol)));
  const noted = still.ledger.lines.flatMap((line) => "market" in line && line.market === "halted" ? [`halted: ${line.detail}`] : []);
  assert.deepEqual(noted, still.ledger.faults().filter((each) => each.startsWith("halted: ")));
});

test("once faults are stopped connections stay, and those that were silent are reset", async () => {
  const still = stillVenue({ faults: new Faults("rough", SEED), limits: { connectsMax: 10_000 } });
  const clients = Array.from({ length: 60 }, () => still.connect(`/stream?streams=${ALL}`));
  await still.advance(8_000);
  const served = clients.filter(({ refusal }) => refusal === undefined);
  const silent = still.ledger.faults().flatMap((each) => /^(?:mute|dead): conn (\d+)/.exec(each)?.[1] ?? []).map((conn) =>
    served[Number(conn) - 1]!
  );
  const open = served.filter(({ isOpen }) => isOpen);
  assert(silent.length > 0 && silent.every((client) => open.includes(client)));
  still.venue.stopFaults();
  const faults = still.venue.summary().faults;
  assert(silent.every(({ isOpen }) => !isOpen));
  const stays = open.filter(({ isOpen }) => isOpen);
  assert(stays.length > 10);
  await still.advance(100_000);
  assert(stays.every(({ isOpen }) => isOpen));
  assert.deepEqual(still.venue.summary().faults, faults);
  assert.equal(still.connect().refusal, undefined);
});

test("REST can lag behind the streams, by a while and not more", async () => {
  const still = stillVenue({ restLagMs: 1_500 });
  const client = still.connect("/stream?streams=btcusdt@trade/btcusdt@depth@100ms&timeUnit=MICROSECOND");
  await still.advance(10_000);
  const trades = client.data.filter(({ stream }) => stream.endsWith("@trade")).map(({ data }) => data as { t: number; T: number });
  const newest = still.market.trades("BTCUSDT", undefined, 1)[0]!;
  const known = trades.filter(({ T }) => T <= still.market.time() - 1_500_000);
  assert.deepEqual([newest.id, newest.time], [known.at(-1)!.t, known.at(-1)!.T]);
  assert.deepEqual(still.market.trades("BTCUSDT", newest.id + 1, 10), []);
  const streamed = Number(client.data.filter(({ stream }) => stream.includes("@depth")).at(-1)!.data["u"]);
  const book = still.market.book("BTCUSDT")!.lastUpdateId;
  assert(book < streamed && book > streamed - 200, `${streamed - book} updates behind`);
});
