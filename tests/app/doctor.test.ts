import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/app/config.ts";
import type { Finding } from "../../src/app/doctor/check.ts";
import { doctor } from "../../src/app/doctor/doctor.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { dialectOf } from "../../src/sim/venue/dialects.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SyntheticMarket } from "../../src/sim/venue/synthetic_market.ts";
import { Venue } from "../../src/sim/venue/venue.ts";
import type { VenueAnswer } from "../../src/sim/venue/venue_rest.ts";
import type { Site } from "../../src/sim/world/network.ts";
import { World } from "../../src/sim/world/world.ts";
import { FullLedger, real, VENUE } from "../simulation/scene.ts";

const GB = 1024 ** 3;
const WAIT_MS = 20_000;

interface Given {
  readonly through?: (venue: Venue) => Partial<Site>;
  readonly env?: Readonly<Record<string, string>>;
  readonly openFilesMax?: number;
}

/** A venue that sends something else than it would. */
function sending(instead: (text: string, send: (text: string) => void) => void): NonNullable<Given["through"]> {
  return (venue) => ({
    connect: (peer, target, address) => {
      const changed = new Proxy(peer, {
        get(inner, name) {
          if (name === "send") return (text: string) => instead(text, (sent) => inner.send(sent));
          const value = Reflect.get(inner, name);
          return typeof value === "function" ? value.bind(inner) : value;
        },
      });
      return venue.connect(changed, target, address);
    },
  });
}

/** A venue and a machine that was never recorded on, in one world. */
class Practice {
  readonly world = new World(real, { seed: 7 });
  readonly ledger = new FullLedger();
  readonly venue: Venue;
  readonly host = this.world.host("here");
  /** What the venue was asked. */
  readonly asked = { requests: [] as string[], sockets: 0 };
  readonly #given: Given;

  constructor(given: Given = {}) {
    this.#given = given;
    const exchange = this.world.runtime("exchange");
    const dialect = dialectOf("binance");
    const market = new SyntheticMarket(exchange, dialect, { seed: 7, rate: 200, listings: marketListings(7, 5) });
    this.venue = new Venue(exchange, dialect, market, { ledger: this.ledger });
    const site: Site = {
      connect: (peer, target, address) => this.venue.connect(peer, target, address),
      request: (request, address) => this.venue.request(request, address),
      ...given.through?.(this.venue),
    };
    this.world.network.serve(VENUE, {
      connect: (peer, target, address) => (this.asked.sockets++, site.connect(peer, target, address)),
      request: (request, address) => (this.asked.requests.push(request.target), site.request(request, address)),
    });
  }

  get runtime(): Runtime {
    const { env = {}, openFilesMax } = this.#given;
    return this.host.runtime({
      env: { ARGUS_SOURCES__BINANCE__WS_URL: `ws://${VENUE}`, ARGUS_SOURCES__BINANCE__REST_URL: `http://${VENUE}`, ...env },
      ...(openFilesMax === undefined ? {} : { openFilesMax }),
    });
  }

  /** The findings by check, and the summary. */
  async examine(flags = {}) {
    const runtime = this.runtime;
    const { config } = loadConfig(runtime, { source: "binance", dataPath: "/data", ...flags });
    const found = new Map<string, Finding>();
    const options = { waitMs: WAIT_MS, signal: new AbortController().signal };
    const summary = await this.world.runUntil(
      doctor(runtime, config, options, (finding) => void found.set(finding.check, finding)),
      120_000,
    );
    return { found, summary, runtime };
  }
}

/** The one finding that is not good: its state, and what it says and advises in one text. */
function only(found: ReadonlyMap<string, Finding>, check: string, state: "poor" | "bad"): string {
  const others = [...found.values()].flatMap((each) => each.state === "good" ? [] : [each]);
  assert.deepEqual(others.map((each) => [each.check, each.state]), [[check, state]], JSON.stringify(others));
  const [finding] = others;
  assert.ok(finding !== undefined && finding.todo.length > 20);
  return `${finding.says} → ${finding.todo}`;
}

describe("doctor", () => {
  it("finds everything good where it is, stays far within the venue's limits and leaves nothing behind", async () => {
    const practice = new Practice();
    const { found, summary, runtime } = await practice.examine();
    assert.deepEqual(summary, { good: 10, poor: 0, bad: 0, isGood: true }, JSON.stringify([...found.values()]));
    assert.deepEqual([...found.keys()], [
      "data path",
      "disk",
      "journal",
      "file limit",
      "gateway",
      "binance clock",
      "binance symbols",
      "binance trade",
      "binance bbo",
      "binance depth",
    ]);
    assert.deepEqual(practice.ledger.offences(), []);
    assert.deepEqual([practice.asked.requests.length, practice.asked.sockets], [4, 1]);
    assert.deepEqual(runtime.disk.list("/"), []);
    await practice.world.advance(5_000);
    assert.equal(practice.venue.summary().connections, 0, "a socket is left open");
  });

  for (
    const [ms, state, says] of [[3_000, "bad", /3\.\d s ahead of/], [-3_000, "bad", /(3\.0|2\.9) s behind/], [
      400,
      "poor",
      /ahead of/,
    ]] as const
  ) {
    it(`a clock that is ${ms} ms off is ${state}`, async () => {
      const practice = new Practice();
      practice.host.stepWall(ms);
      const { found, summary } = await practice.examine();
      assert.match(only(found, "binance clock", state), says);
      assert.match(only(found, "binance clock", state), /timedatectl/);
      assert.equal(summary.isGood, state === "poor");
    });
  }

  for (const status of [403, 451, 503]) {
    it(`a venue that answers ${status} by REST is told, and its socket is tried all the same`, async () => {
      const practice = new Practice({ through: () => ({ request: () => answer(status) }) });
      const { found } = await practice.examine();
      assert.match(
        only(found, "binance rest", "bad"),
        status === 503 ? /503.*trouble of its own/ : new RegExp(`${status}.*does not serve`),
      );
      assert.equal(found.get("binance socket")?.state, "good");
      assert.equal(practice.asked.requests.length, 1);
    });
  }

  for (const status of [418, 429]) {
    it(`${status} by REST: nothing more is asked, by this doctor or the next one, until the time is over`, async () => {
      let isBanned = true;
      const practice = new Practice({
        through: (venue) => ({ request: (request, address) => isBanned ? answer(status, 90) : venue.request(request, address) }),
      });
      practice.runtime.disk.makeFolder("/data"); // somebody has recorded here
      const first = await practice.examine();
      assert.match(only(first.found, "binance rest", "bad"), new RegExp(`${status}, paused for 90 s.*Wait`));
      await practice.world.advance(60_000);
      const second = await practice.examine();
      assert.match(only(second.found, "binance limits", "bad"), /asked this address to wait; 30 s/);
      assert.deepEqual(practice.asked, { requests: ["/api/v3/time"], sockets: 0 });
      await practice.world.advance(35_000);
      isBanned = false;
      assert.equal((await practice.examine()).summary.bad, 0);
    });
  }

  it("says what is wrong with the way to a venue that nobody can reach", async () => {
    const env = { ARGUS_SOURCES__BINANCE__WS_URL: "ws://nobody.sim", ARGUS_SOURCES__BINANCE__REST_URL: "http://nobody.sim" };
    const { found, summary } = await new Practice({ env }).examine();
    assert.deepEqual([...found.values()].filter(({ state }) => state === "bad").map(({ check }) => check), [
      "binance rest",
      "binance socket",
    ]);
    for (const finding of found.values()) if (finding.state === "bad") assert.match(finding.todo, /curl -v http:\/\/nobody\.sim\//);
    assert.equal(summary.isGood, false);
  });

  it("a line that is cut in the middle of nowhere ends in findings, not in waiting", async () => {
    const practice = new Practice();
    practice.world.network.partition(VENUE, true);
    const { found } = await practice.examine();
    assert.deepEqual([found.get("binance rest")?.state, found.get("binance socket")?.state], ["bad", "bad"]);
  });

  for (const status of [429, 451, 503]) {
    it(`a handshake refused with ${status} is told`, async () => {
      const practice = new Practice({ through: () => ({ connect: () => ({ refuse: status, reason: "No." }) }) });
      const { found } = await practice.examine();
      assert.match(only(found, "binance socket", "bad"), new RegExp(`refused with ${status}`));
      assert.equal(practice.asked.sockets, 1);
    });
  }

  it("a type that stays mute while the others flow is named", async () => {
    const practice = new Practice({
      through: sending((text, send) => text.includes("@trade") || send(text)),
    });
    const { found } = await practice.examine();
    assert.match(only(found, "binance trade", "bad"), /no frame of 5 streams within 20s.*--wait 2m/);
  });

  it("a host that speaks something else is told with what it said", async () => {
    const practice = new Practice({
      through: sending((text, send) => send(text.replace('"data":', '"payload":'))),
    });
    const { found } = await practice.examine({ types: "bbo" });
    assert.match(only(found, "binance bbo", "bad"), /cannot be read/);
  });

  it("each of several ws_url is tried, and the one that does not answer is named", async () => {
    const { found } = await new Practice({ env: { ARGUS_SOURCES__BINANCE__WS_URL: `ws://${VENUE},ws://nobody.sim` } }).examine();
    assert.match(only(found, "binance socket at ws://nobody.sim", "bad"), /no such host/);
    assert.equal(found.get(`binance depth at ws://${VENUE}`)?.state, "good");
  });

  it("a selection that matches nothing is told before a day is recorded of nothing", async () => {
    const { found } = await new Practice().examine({ symbols: "NOSUCHUSDT" });
    assert.match(only(found, "binance symbols", "bad"), /0 are asked for.*--symbols/);
  });

  for (const [bytes, state] of [[100 * 1024 ** 2, "bad"], [5 * GB, "poor"]] as const) {
    it(`${Math.round(bytes / 1024 ** 2)} MB of disk are ${state}`, async () => {
      const practice = new Practice();
      practice.host.disk.capacityBytes = bytes;
      assert.match(only((await practice.examine()).found, "disk", state), /Free space/);
    });
  }

  for (const [code, op] of [["EIO", "makeFolder"], ["EIO", "sync"], ["ENOSPC", "append"]] as const) {
    it(`a data path whose ${op} fails with ${code} is bad, and nothing of it is left`, async () => {
      const practice = new Practice();
      practice.host.disk.failOn((each) => each === op ? code : undefined);
      const { found, runtime } = await practice.examine();
      assert.match(only(found, "data path", "bad"), code === "ENOSPC" ? /ENOSPC → Free space/ : /EIO → Check the disk/);
      practice.host.disk.failOn(() => undefined);
      assert.deepEqual(runtime.disk.list("/"), []);
    });
  }

  for (const [max, state] of [[64, "bad"], [512, "poor"]] as const) {
    it(`${max} open files are ${state}`, async () => {
      assert.match(only((await new Practice({ openFilesMax: max }).examine()).found, "file limit", state), /ulimit -n 65536/);
    });
  }

  it("a port that is taken is told before a start exits 2 for it", async () => {
    const practice = new Practice();
    await practice.runtime.tcp.listen({ host: "127.0.0.1", port: 8321 }, () => ({ data() {}, closed() {} }));
    assert.match(only((await practice.examine()).found, "gateway", "bad"), /something else listens.*--listen/);
  });
});

function answer(status: number, retryAfterSeconds?: number): VenueAnswer {
  return { status, headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }, body: "{}" };
}
