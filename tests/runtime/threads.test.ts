import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Thread } from "../../src/runtime/runtime.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import { blockLoop, eventually, wait } from "./support.ts";

const HEARTBEAT = { beatEveryMs: 100, deadAfterMs: 500 }; // 2 s and 6 s in production
const CREDIT = 1_000;
const MESSAGES = 20_000; // 100,000 in facts/runtimes 8

const entry = new URL("./programs/thread_child.ts", import.meta.url).href;
const { threads } = await loadRuntime(import.meta.url, { entries: { storage: entry }, heartbeat: HEARTBEAT });

function start(using = threads): { thread: Thread; messages: unknown[]; deaths: string[] } {
  const messages: unknown[] = [];
  const deaths: string[] = [];
  const thread = using.spawn("storage", { message: (message) => messages.push(message), died: (reason) => deaths.push(reason) });
  return { thread, messages, deaths };
}

describe("the runtime's threads", () => {
  for (const way of ["throw", "reject", "exit", "loop"]) {
    it(`RT19 a thread that ends by ${way} is told dead once, and main lives`, async () => {
      const { thread, messages, deaths } = start();
      thread.post({ do: "echo" });
      assert.ok(await eventually(() => messages.length === 1, 5_000), "the thread came up");
      thread.post({ do: way });
      assert.ok(await eventually(() => deaths.length > 0));
      await wait(2 * HEARTBEAT.beatEveryMs);
      assert.equal(deaths.length, 1);
      if (way === "throw") assert.match(deaths[0]!, /planned throw/);
      if (way === "reject") assert.match(deaths[0]!, /planned rejection/);
      thread.post({ do: "echo" });
      assert.equal(messages.length, 1);
    });
  }

  it("RT19 an entry that does not exist is told dead", async () => {
    const missing = await loadRuntime(import.meta.url, { entries: { storage: `${entry}.missing.ts` }, heartbeat: HEARTBEAT });
    const { deaths } = start(missing.threads);
    assert.ok(await eventually(() => deaths.length === 1));
  });

  it("a thread that lives is not told dead, not even after main was blocked past the deadline", async () => {
    const { thread, messages, deaths } = start();
    thread.post({ do: "echo" });
    assert.ok(await eventually(() => messages.length === 1, 5_000));
    blockLoop(2 * HEARTBEAT.deadAfterMs);
    await wait(2 * HEARTBEAT.deadAfterMs);
    assert.deepEqual(deaths, []);
    thread.terminate();
    await wait(2 * HEARTBEAT.beatEveryMs);
    assert.deepEqual(deaths, []);
  });

  it(`RT20 main blocked: no more than the credit is queued, ${MESSAGES} messages keep their order, a transferred buffer is empty`, async () => {
    const numbers: number[] = [];
    let queuedMax = 0;
    let others: { bytes?: Uint8Array; left?: number }[] = [];
    let granted = CREDIT;
    const thread = threads.spawn("storage", {
      message(message) {
        const { number, ...other } = message as { number?: number };
        if (number === undefined) return void others.push(other);
        numbers.push(number);
        queuedMax = Math.max(queuedMax, granted - numbers.length);
        if (granted - numbers.length > CREDIT / 2 || granted >= MESSAGES) return;
        granted += CREDIT / 2;
        thread.post({ do: "credit", count: CREDIT / 2 });
      },
      died: (reason) => assert.fail(reason),
    });
    thread.post({ do: "credit", count: CREDIT });
    assert.ok(await eventually(() => numbers.length > 0, 5_000));
    blockLoop(1_000);
    assert.ok(await eventually(() => numbers.length === MESSAGES, 10_000), `${numbers.length}`);
    assert.ok(numbers.every((number, i) => number === i));
    assert.ok(queuedMax <= CREDIT);
    thread.post({ do: "transfer" });
    assert.ok(await eventually(() => others.length === 2));
    assert.equal(others[0]!.bytes?.length, 1_000);
    assert.equal(others[1]!.left, 0);
    const mine = new Uint8Array(8);
    others = [];
    thread.post({ do: "echo", mine }, [mine.buffer]);
    assert.equal(mine.length, 0);
    assert.ok(await eventually(() => others.length === 1));
    thread.terminate();
  });
});
