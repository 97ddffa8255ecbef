import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HttpError, type HttpRequestHead, HttpRequestParser } from "../../../src/sim/venue/http_requests.ts";

const SEED = 20261124;
const TWO =
  "GET /api/v3/ping?x=1 HTTP/1.1\r\nHost: a\r\nX-Y: 1 2\r\n\r\nPOST /sim/list HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n";

test("requests on one connection are told apart, however the bytes are cut", () => {
  const bytes = new TextEncoder().encode(TWO);
  const property = fc.property(fc.array(fc.nat(bytes.length), { maxLength: 10 }), (cuts) => {
    const parser = new HttpRequestParser();
    const heads: HttpRequestHead[] = [];
    let from = 0;
    for (const to of [...cuts.sort((a, b) => a - b), bytes.length]) {
      parser.push(bytes.slice(from, to), (head) => heads.push(head) > 0);
      from = to;
    }
    assert.deepEqual(heads.map(({ method, target }) => `${method} ${target}`), ["GET /api/v3/ping?x=1", "POST /sim/list", "GET /"]);
    assert.equal(heads[0]!.headers["x-y"], "1 2");
  });
  fc.assert(property, { seed: SEED, numRuns: 100 });
});

test("what is no request is refused with a status", () => {
  const cases: [text: string, status: number][] = [
    ["GET  HTTP/1.1\r\n\r\n", 400],
    ["GET /a b HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nno colon\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    [`GET /${"x".repeat(20_000)}`, 431],
  ];
  for (const [text, status] of cases) {
    const refused = (error: unknown) => error instanceof HttpError && error.status === status;
    assert.throws(() => new HttpRequestParser().push(new TextEncoder().encode(text), () => true), refused, text.slice(0, 40));
  }
});
