import type { SeededRandom } from "../../../../src/sim/world/seeded_random.ts";
import { concatBytes } from "../../../../src/lib/bytes.ts";
import { bytesOf, mutated, pick, randomBytes } from "./fuzzed_bytes.ts";

const METHODS = ["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
const WRONG_METHODS = ["TRACE", "get", "CONNECT", "G\u0000T", ""];
const ROUTES = [
  "/v1/last/",
  "/v1/asof/",
  "/v1/events/",
  "/v1/present/",
  "/v1/paths",
  "/v1/stream",
  "/v1/status",
  "/v1/openapi.json",
  "/v1/admin/flush",
  "/v1/admin/bump",
  "/v1/admin/bump_all",
  "/metrics",
  "/healthz",
  "/readyz",
  "/page/",
  "/page/style.css",
  "/",
  "/v1/",
  "//",
];
const WRONG_ROUTES = ["*", "http://127.0.0.1/", "", "/\u00e9", "/\u202e"];
/** Ways out of a folder, and what becomes of a name on the way. */
const ESCAPES = [
  "../",
  "..%2f",
  "%2e%2e/",
  "%2e%2e%2f",
  "%252e%252e%252f",
  "..%5c",
  "..\\",
  "%c0%ae%c0%ae/",
  "%c0%af",
  "%uff0e%uff0e/",
  "....//",
  "..;/",
  "%00",
  "%0d%0a",
  "%ff",
  "%",
  "%2",
  "%ZZ",
  "~1/",
  "_all",
  ".",
  "%2e",
  "/",
  "%C3%A9",
  "%F0%9F%92%A9",
  "con",
  "nul.pq",
  "a".repeat(300),
  "%41".repeat(80),
  "__proto__",
  "constructor",
];
const FILES = ["etc/passwd", "secret.txt", "binance/bbo/OUTSIDE/2026/2026-11-23.pq", "argus.lock", "tmp/journal", "2026/2026-11-23.pq"];
const PATHS = ["binance/trade/AAA", "binance/bbo/AAA", "binance/depth/AAA", "binance/trade/BBB", "kraken/trade/XBT", "binance/gap/AAA"];
const NAMES = ["path", "prefix", "tree", "at", "from", "to", "limit", "format", "levels", "symbols", "token", "__proto__", ""];
const VALUES = [
  "binance/*/AAA",
  "**",
  "*/*/*",
  "*".repeat(200),
  "a*".repeat(100),
  "2026-11-24T00:00:00Z",
  "2026-13-45T99:99:99Z",
  "1795000000000000",
  "-1",
  "1e400",
  "NaN",
  "9".repeat(30),
  "0",
  "100000000000",
  "ndjson",
  "csv",
  "parquet",
  "all",
  "1",
  "%00",
  "%E2%80%AE",
  "a,".repeat(300),
];
const HEADERS = [
  "Accept: */*",
  "Accept-Encoding: gzip, br, zstd",
  "Expect: 100-continue",
  "Upgrade: websocket",
  "Upgrade: h2c",
  "Connection: Upgrade",
  "Connection: keep-alive, close",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Key: x",
  "Sec-WebSocket-Protocol: argus.v1, argus.token.____",
  "Authorization: Bearer x",
  "Authorization: Basic Og==",
  "Origin: http://evil.example",
  "Origin: null",
  "X-Forwarded-For: 1.2.3.4, ../..",
  "Range: bytes=0-18446744073709551615",
  "Cookie: a=b",
  "__proto__: x",
  "A: \t b\t",
];
/** After which no sane server would go on reading. */
const WRONG_HEADERS = [
  "Content-Length: 5",
  "Content-Length: -5",
  "Content-Length: 99999999999999999999",
  "Content-Length: 0x10",
  "Transfer-Encoding: chunked",
  "Host: evil.example",
  ": empty",
  "No-Colon",
  " folded: x",
  "Bad\u0001: x",
];
const BODIES = [
  "{}",
  "",
  "[]",
  "null",
  '{"hash":"a"}',
  '{"hash":"../../x"}',
  '{"path":"binance/bbo/../../../x","hash":"a"}',
  '{"path":"binance/bbo/AAA","hash":"a"}',
  '{"__proto__":{"hash":"x"}}',
  "{",
  "\u0000",
  '{"a":'.repeat(2_000),
];

/** Requests as nobody should send them, one behind the other; the grammar mostly kept, so that more than the first line is tried. */
export function fuzzedRequests(random: SeededRandom, port: number, count: number): Uint8Array {
  const all = concatBytes(Array.from({ length: count }, () => request(random, port)));
  const bytes = random.below(5) === 0 ? mutated(random, all) : all;
  return random.below(12) === 0 ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

/** Ends a connection that still understands what it is told. */
export function lastRequest(port: number): Uint8Array {
  return bytesOf(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
}

function request(random: SeededRandom, port: number): Uint8Array {
  const isWrong = () => random.below(40) === 0;
  const body = random.below(3) === 0 ? bytesOf(pick(random, BODIES)) : new Uint8Array(0);
  const lines = [
    `${pick(random, isWrong() ? WRONG_METHODS : METHODS)} ${target(random)} HTTP/${
      isWrong() ? pick(random, ["1.0", "2.0", "1.1 "]) : "1.1"
    }`,
    ...(isWrong() ? [] : [`Host: ${pick(random, ["127.0.0.1", "127.0.0.1", "127.0.0.1", "localhost", "[::1]"])}:${port}`]),
    ...(body.length === 0 || isWrong() ? [] : [`Content-Length: ${body.length}`]),
    ...(random.below(3) === 0
      ? [`Content-Type: ${pick(random, ["application/json", "application/json; charset=utf-8", "text/plain"])}`]
      : []),
    ...Array.from({ length: random.below(4) }, () => pick(random, isWrong() ? WRONG_HEADERS : HEADERS)),
    ...(isWrong() ? [`X: ${"y".repeat(random.below(12_000))}`] : []),
    ...(isWrong() ? Array.from({ length: 300 }, (_, i) => `H${i}: x`) : []),
  ];
  return concatBytes([bytesOf(`${lines.join("\r\n")}\r\n\r\n`), body, isWrong() ? randomBytes(random, 50) : new Uint8Array(0)]);
}

function target(random: SeededRandom): string {
  const route = pick(random, random.below(40) === 0 ? WRONG_ROUTES : ROUTES);
  const path = random.below(2) === 0
    ? pick(random, PATHS)
    : `${pick(random, ["", ...PATHS.map((each) => `${each}/`), "binance/bbo/"])}${escape(random)}`;
  const query = Array.from(
    { length: random.below(3) },
    () => `${pick(random, NAMES)}=${pick(random, [...VALUES, ...PATHS, escape(random)])}`,
  );
  return `${route}${route.endsWith("/") ? path : random.below(5) === 0 ? escape(random) : ""}${
    query.length > 0 ? `?${query.join("&")}` : ""
  }`;
}

function escape(random: SeededRandom): string {
  return Array.from({ length: 1 + random.below(6) }, () => pick(random, ESCAPES)).join("") + pick(random, ["", ...FILES]);
}
