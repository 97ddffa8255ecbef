import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ConfigError } from "../../../src/lib/errors.ts";
import { captureLines } from "../../../src/sim/venue/capture_lines.ts";
import { serveVenue, type ServeVenueOptions } from "../../../src/sim/venue/serve_venue.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { eventually, RawClient, runtime } from "./support.ts";

const folder = tempFolder("capture");

/** Binance spot BTCUSDT, 2024-08-09, from the examples of hftbacktest (MIT); the levels of the book are shortened. */
const FRAMES = [
  `1723161600001692584 {"stream":"btcusdt@bookTicker","data":{"u":50093421613,"s":"BTCUSDT","b":"61685.99000000","B":"1.25869000","a":"61686.00000000","A":"2.44816000"}}`,
  `1723161600050000000 {"lastUpdateId":50093421600,"bids":[["61685.99000000","1.25869000"]],"asks":[["61686.00000000","2.44816000"]]}`,
  `1723161600164378285 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161601438,"s":"BTCUSDT","t":3735693016,"p":"61685.99000000","q":"0.00017000","T":1723161601437,"m":true,"M":true}}`,
  `1723161600200062685 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161601474,"s":"BTCUSDT","U":50093421621,"u":50093421646,"b":[["61685.99000000","0.88722000"],["61685.57000000","0.00000000"]],"a":[["61686.00000000","2.66654000"]]}}`,
  `1723161600224778985 {"stream":"btcusdt@bookTicker","data":{"u":50093421656,"s":"BTCUSDT","b":"61685.99000000","B":"0.88722000","a":"61686.00000000","A":"2.65968000"}}`,
] as const;
/** The same venue's futures say more. */
const FUTURES = [
  `1723161255088169167 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256313}}`,
  `1723161255088176367 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}`,
  `1723161255030314667 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[],"a":[]}}`,
];
const STREAMS = "btcusdt@bookTicker/btcusdt@trade/btcusdt@depth@100ms";
const text = (line: string) => line.slice(line.indexOf(" ") + 1);
const isData = (line: string) => line.includes('"stream"');

let files = 0;
function capture(lines: readonly string[], suffix = ""): string {
  const path = `${folder}/${++files}${suffix}`;
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  fs.writeFileSync(path, suffix === ".gz" ? gzipSync(bytes) : bytes);
  return path;
}

function serve(paths: readonly string[], options: Partial<ServeVenueOptions> = {}) {
  return serveVenue(runtime, {
    source: "binance",
    port: 0,
    symbols: 1,
    rate: 1,
    seed: 1,
    capture: paths,
    speed: "max",
    quietMs: 50,
    ...options,
  });
}

/** What two clients of different units are sent of a recording. */
async function played(paths: readonly string[], options: Partial<ServeVenueOptions> = {}) {
  const served = await serve(paths, options);
  const [ms, us] = [
    new RawClient(served.wsUrl, `/stream?streams=${STREAMS}`),
    new RawClient(served.wsUrl, `/stream?streams=${STREAMS}&timeUnit=MICROSECOND`),
  ];
  await served.played;
  await eventually(() => ms.texts().length === us.texts().length && ms.texts().length === served.venue.summary().events);
  const texts = { ms: ms.texts(), us: us.texts() };
  ms.socket.destroy();
  us.socket.destroy();
  await served.stop();
  return texts;
}

test("recorded frames arrive byte for byte; in µs only the times are longer", async () => {
  const { ms, us } = await played([capture(FRAMES, ".gz")]);
  const sent = FRAMES.filter(isData).map(text);
  assert.deepEqual(ms, sent);
  assert.deepEqual(us, sent.map((frame) => frame.replace(/"([ET])":(\d{13})/g, '"$1":$2000')));
});

test("several recordings are one, by their receive times, at the pace they were recorded or faster", async () => {
  const [odd, even] = [0, 1].map((rest) => capture(FRAMES.filter((_, i) => i % 2 === rest)));
  const startMs = runtime.clock.monotonicMs();
  const { ms } = await played([even!, odd!], { speed: 2 });
  assert.deepEqual(ms, FRAMES.filter(isData).map(text));
  assert(runtime.clock.monotonicMs() - startMs >= 50 + 110, "faster than twice its pace");
});

test("REST knows the recorded symbol, its book, and its trades once they were sent", async () => {
  const served = await serve([capture(FRAMES)]);
  const get = async (target: string) =>
    JSON.parse((await runtime.http.request({ url: served.httpUrl + target, timeoutMs: 5_000, bodyBytesMax: 1 << 20 })).body);
  assert.deepEqual((await get("/api/v3/exchangeInfo")).symbols.map(({ symbol }: { symbol: string }) => symbol), ["BTCUSDT"]);
  assert.equal((await get("/api/v3/depth?symbol=BTCUSDT")).lastUpdateId, 50093421600);
  assert.deepEqual(await get("/api/v3/trades?symbol=BTCUSDT"), []);
  const client = new RawClient(served.wsUrl, `/stream?streams=${STREAMS}`);
  await served.played;
  const [trade] = await get("/api/v3/historicalTrades?symbol=BTCUSDT&fromId=3735693016");
  assert.deepEqual([trade.id, trade.price, trade.qty, trade.isBuyerMaker, trade.time], [
    3735693016,
    "61685.99000000",
    "0.00017000",
    true,
    1723161601437,
  ]);
  client.socket.destroy();
  await served.stop();
});

test("a recording of the futures is refused with the stream that gave it away", async () => {
  for (const line of FUTURES) {
    const stream = JSON.parse(text(line)).stream;
    await assert.rejects(serve([capture([FRAMES[0], line])]), (error: Error) => {
      assert(error instanceof ConfigError);
      assert.match(
        error.message,
        new RegExp(`no recording of binance: ${stream} is recorded as Binance futures send it`),
      );
      return true;
    });
  }
});

test("what is no recording is told with file and line", async () => {
  const whole = gzipSync(new TextEncoder().encode(FRAMES.join("\n").repeat(50)));
  fs.writeFileSync(`${folder}/cut.gz`, whole.subarray(0, whole.length / 2));
  fs.writeFileSync(`${folder}/fake.gz`, "no gzip");
  const cases: [path: string, says: RegExp][] = [
    [`${folder}/absent`, /--capture: .*absent does not exist/],
    [capture([FRAMES[0], "", "hello world"]), /, line 3 is no "<receive time in ns> <frame>": it begins with "hello world"/],
    [capture([FRAMES[1]]), /no stream of binance in /],
    [capture([]), /no stream of binance in /],
    [`${folder}/cut.gz`, /cut\.gz is no whole gzip file/],
    [`${folder}/fake.gz`, /fake\.gz is no whole gzip file/],
  ];
  for (const [path, says] of cases) {
    await assert.rejects(serve([path]), (error: Error) => error instanceof ConfigError && says.test(error.message));
  }
});

test("lines are read a chunk at a time, however they are cut", async () => {
  const many = Array.from(
    { length: 30_000 },
    (_, i) => `${1_723_161_600_000_000_000n + BigInt(i) * 1_000n} {"n":${i},"é":"${"x".repeat(i % 90)}"}`,
  );
  let count = 0;
  let chunks = 0;
  for await (const lines of captureLines(runtime, capture(many, ".gz"))) {
    chunks++;
    for (const { recvTime, text } of lines) {
      assert.equal(recvTime, 1_723_161_600_000_000 + count);
      assert.equal(JSON.parse(text).n, count++);
    }
  }
  assert.equal(count, many.length);
  assert(chunks > 5, `${chunks} chunks`);
});
