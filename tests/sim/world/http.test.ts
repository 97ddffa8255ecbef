import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "../../../src/lib/errors.ts";
import type { HttpRequest, Runtime } from "../../../src/runtime/runtime.ts";
import { HOST, scripted } from "./support.ts";

function get(runtime: Runtime, options: Partial<HttpRequest> = {}) {
  return runtime.http.request({ url: `http://${HOST}/api?a=1&b=%E8`, timeoutMs: 5_000, bodyBytesMax: 1_000, ...options });
}

async function causeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof HttpError, String(error));
    return error.cause_;
  }
  return "answered";
}

test("a request is answered after two round trips, with its status, whatever that is, and lower-case headers", async () => {
  const { world, script, runtime } = scripted();
  script.answer = { status: 418, headers: { "Retry-After": "7" }, body: "teapot" };
  const answer = await world.runUntil(get(runtime), 10_000);
  assert.deepEqual(answer, { status: 418, headers: { "retry-after": "7" }, body: "teapot" });
  assert.deepEqual(script.requests, ["GET /api?a=1&b=%E8 from recorder"]);
  assert.ok(world.nowMs >= 100 && world.nowMs < 400, `${world.nowMs}`);
});

test("a late answer is a timeout at the deadline, a cut one and a cut line are errors of the network", async () => {
  const { world, script, runtime } = scripted();
  const whole = script.answer;
  script.answer = { ...whole, delayMs: 10_000 };
  assert.equal(await world.runUntil(causeOf(get(runtime)), 5_000), "timeout");
  assert.equal(world.nowMs, 5_000);
  script.answer = { ...whole, isCut: true };
  assert.equal(await world.runUntil(causeOf(get(runtime)), 5_000), "network");
  script.answer = { ...whole, delayMs: 2_000 };
  const cut = causeOf(get(runtime));
  await world.advance(1_000);
  world.network.cutAll(HOST);
  assert.equal(await world.runUntil(cut, 1_000), "network");
  world.network.partition(HOST, true);
  assert.equal(await world.runUntil(causeOf(get(runtime)), 6_000), "timeout");
  world.network.partition(HOST, false);
  script.answer = whole;
  assert.equal(await world.runUntil(causeOf(get(runtime)), 5_000), "answered");
});

test("an abort, before and during, a body over the limit, and a name nobody has", async () => {
  const { world, script, runtime } = scripted();
  assert.equal(await world.runUntil(causeOf(get(runtime, { signal: AbortSignal.abort() })), 100), "aborted");
  assert.deepEqual(script.requests, []);
  const abort = new AbortController();
  const during = causeOf(get(runtime, { signal: abort.signal }));
  await world.advance(10);
  abort.abort();
  assert.equal(await world.runUntil(during, 1), "aborted");
  script.answer = { ...script.answer, body: "€".repeat(334) };
  assert.equal(await world.runUntil(causeOf(get(runtime)), 5_000), "too_big");
  assert.equal(await world.runUntil(causeOf(get(runtime, { url: "http://nobody.sim/" })), 5_000), "network");
  assert.equal(await world.runUntil(causeOf(get(runtime, { url: "nonsense" })), 5_000), "network");
});
