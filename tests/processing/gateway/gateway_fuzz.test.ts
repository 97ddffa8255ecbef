import assert from "node:assert/strict";
import * as fs from "node:fs";
import process from "node:process";
import { after, test } from "node:test";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";
import { amountFrom } from "../../support/amount.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { bytesOf, pieces } from "./fuzz/fuzzed_bytes.ts";
import { type Heard, send } from "./fuzz/fuzzed_connection.ts";
import { fuzzedMessages } from "./fuzz/fuzzed_messages.ts";
import { fuzzedRequests, lastRequest } from "./fuzz/fuzzed_requests.ts";
import { ask, GatewayScene, tradeOf } from "./gateway_scene.ts";
import { eventually, StreamClient } from "./stream_client.ts";

/** `npm run soak -- gateway_fuzz 100000`: so many requests and messages. `SEED=17` runs one connection's seeds from there on. */
const amount = amountFrom(4_000);
const FIRST_SEED = Number(process.env["SEED"] ?? 20_261_125);
const EACH = 5; // requests or messages on a connection
const TOGETHER = 100; // connections
const REQUESTS_MS = 1_500; // of patience: a request that is half sent gets no answer
const MESSAGES_MS = 300; // a WebSocket that was broken waits for our goodbye
const HANG_MS = 1_000;
const OUTSIDE = "OUTSIDE-THE-DATA-FOLDER";
const FORBIDDEN = [/HTTP\/1\.1 500/, /\.(ts|js|mjs):\d+/, /\bat (async )?[\w.#<>]+ \(/, /node:internal/, new RegExp(OUTSIDE)];

const root = tempFolder("fuzz");

test(`${amount} fuzzed requests and messages: nothing ends, hangs, shows its inside or leads out of the data folder`, {
  timeout: 900_000,
}, async () => {
  const dataPath = folders();
  const before = tree(root);
  const scenes = [await GatewayScene.open({}, dataPath), await GatewayScene.open({ token: "s3cret" }, dataPath)];
  const [trades] = scenes.map((scene) => scene.trades("AAA"));
  for (let n = 1; n <= 3; n++) trades!.publish([tradeOf("AAA", n)]);
  const good = await StreamClient.open(scenes[0]!.url, ["binance/trade/AAA"]);
  const hangs = watchHangs();
  const counts = { connections: 0, answers: 0, closed: 0 };
  let next = FIRST_SEED;
  await Promise.all(Array.from({ length: TOGETHER }, async () => {
    for (let seed = next++; (seed - FIRST_SEED) * EACH < amount; seed = next++) {
      const heard = await oneConnection(seed, scenes);
      counts.connections++;
      counts.answers += heard.text.split("HTTP/1.1 ").length - 1;
      counts.closed += heard.isClosed ? 1 : 0;
      judge(heard, seed);
      trades!.publish([tradeOf("AAA", 3 + counts.connections)]);
      assert.deepEqual(hangs, [], `the event loop stood still; again: ${again(Math.max(FIRST_SEED, seed - TOGETHER))}`);
    }
  }));
  console.log(`${JSON.stringify(counts)}, seeds ${FIRST_SEED} to ${FIRST_SEED + counts.connections - 1}`);
  for (const scene of scenes) {
    const isQuiet = () => scene.gateway.clients === (scene === scenes[0] ? 1 : 0);
    assert.ok(await eventually(isQuiet, 15_000), `${scene.gateway.clients} clients are left of connections that are gone`);
    assert.deepEqual(scene.log.filter((line) => line.includes("ERROR")), []);
  }
  assert.equal((await ask(`${scenes[0]!.url}/v1/last/binance/trade/AAA`)).json.event.trade_id, 3 + counts.connections);
  assert.ok(await eventually(() => good.messages.at(-1)?.seq === 3 + counts.connections));
  assert.deepEqual(good.messages.map(({ event }) => event.trade_id), good.messages.map((_, i) => 3 + i), "a good client misses something");
  await good.close();
  assert.deepEqual(tree(root), before, "the files are what they were");
  assert.ok(counts.answers > counts.connections, "next to nothing was understood");
});

/** The same seed, the same bytes. */
function oneConnection(seed: number, scenes: readonly GatewayScene[]): Promise<Heard> {
  const random = new SeededRandom(seed, "gateway fuzz");
  const { port } = scenes[random.below(4) === 0 ? 1 : 0]!;
  const isWebSocket = random.below(3) === 0;
  const patterns = random.below(2) === 0 ? "" : "?path=binance/*/*";
  const upgrade = `GET /v1/stream${patterns} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  const all = isWebSocket
    ? [bytesOf(upgrade), ...pieces(random, fuzzedMessages(random, EACH)), Uint8Array.of(0x88, 0x80, 1, 2, 3, 4)]
    : [...pieces(random, fuzzedRequests(random, port, EACH)), lastRequest(port)];
  return send(port, all, isWebSocket ? MESSAGES_MS : REQUESTS_MS);
}

function judge({ text }: Heard, seed: number): void {
  const why = () => `${JSON.stringify(text.slice(0, 600))}\n  again: ${again(seed)}`;
  assert.ok(text === "" || text.startsWith("HTTP/1.1 "), why());
  for (const pattern of FORBIDDEN) assert.doesNotMatch(text, pattern, why());
  assert.ok(!text.includes(root), why());
}

function again(seed: number): string {
  const run = "Deno" in globalThis ? "npx deno test -A --no-check" : "npx bun test --timeout 60000";
  return `SEED=${seed} AMOUNT=${2 * EACH * TOGETHER} ${run} ./tests/processing/gateway/gateway_fuzz.test.ts`;
}

/** Times nothing else had a turn for a second, as far as it was us who worked and not another program. */
function watchHangs(): string[] {
  const hangs: string[] = [];
  let last = { ms: performance.now(), cpu: process.cpuUsage() };
  const looking = setInterval(() => {
    const now = { ms: performance.now(), cpu: process.cpuUsage() };
    const workedMs = (now.cpu.user + now.cpu.system - last.cpu.user - last.cpu.system) / 1_000;
    if (now.ms - last.ms > HANG_MS && workedMs > HANG_MS) hangs.push(`${Math.round(now.ms - last.ms)} ms`);
    last = now;
  }, 20);
  after(() => clearInterval(looking));
  return hangs;
}

/** A data folder, and beside it what nobody may get to. */
function folders(): string {
  const files = {
    "secret.txt": OUTSIDE,
    "etc/passwd": OUTSIDE,
    "binance/bbo/OUTSIDE/2026/2026-11-23.pq": OUTSIDE,
    "data/binance/trade/AAA/2026/2026-11-23.pq": "PAR1 and no more",
    "data/argus.lock": "argus, live at http://127.0.0.1:1",
  };
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(`${root}/${name.slice(0, name.lastIndexOf("/"))}`, { recursive: true });
    fs.writeFileSync(`${root}/${name}`, text);
  }
  return `${root}/data`;
}

function tree(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = `${entry.parentPath}/${entry.name}`;
    return entry.isFile() ? `${path}: ${fs.readFileSync(path, "utf8")} ${fs.statSync(path).mtimeMs}` : path;
  }).sort();
}
