import assert from "node:assert/strict";
import { test } from "node:test";
import type { Runtime, ThreadPort } from "../../../src/runtime/runtime.ts";
import { worldOf } from "./support.ts";

/** A thread that does what it is told. */
function serve(runtime: Runtime, port: ThreadPort): void {
  port.receive((message) => {
    const { say, do: act, bytes } = message as { say?: number; do?: string; bytes?: Uint8Array };
    if (act === "throw") throw new Error("planned throw");
    if (act === "tick") runtime.timers.every(100, () => port.post("tick"));
    if (act === "write") runtime.disk.open("/by_thread", "create").close();
    if (bytes !== undefined) {
      port.post({ length: bytes.length }, [bytes.buffer as ArrayBuffer]);
      port.post({ left: bytes.length });
    }
    if (say !== undefined) port.post({ said: say });
  });
}

function start(seed = 1) {
  const world = worldOf(seed, { entries: { storage: serve } });
  const runtime = world.runtime("a");
  const messages: unknown[] = [];
  const deaths: string[] = [];
  const thread = runtime.threads.spawn("storage", { message: (message) => messages.push(message), died: (reason) => deaths.push(reason) });
  return { world, runtime, thread, messages, deaths };
}

test("messages cross in order, copied, later; what is sent before the thread is up waits for it", async () => {
  const { world, thread, messages } = start();
  const message = { say: 0 };
  thread.post(message);
  message.say = 99;
  for (let i = 1; i < 50; i++) thread.post({ say: i });
  assert.deepEqual(messages, []);
  await world.advance(100);
  assert.deepEqual(messages, Array.from({ length: 50 }, (_, said) => ({ said })));
  thread.post({ say: 50 });
  await Promise.resolve();
  assert.equal(messages.length, 50);
  await world.advance(1);
  assert.equal(messages.length, 51);
});

test("a transferred buffer is empty on the sender's side, here and there; what cannot be copied throws at once", async () => {
  const { world, thread, messages } = start();
  const mine = new Uint8Array(1_000).fill(1);
  thread.post({ bytes: mine }, [mine.buffer]);
  assert.equal(mine.length, 0);
  await world.advance(100);
  assert.deepEqual(messages, [{ length: 1_000 }, { left: 0 }]);
  assert.throws(() => thread.post({ say: () => {} }));
});

test("a thread that throws is told dead once, with what it threw, and the program lives", async () => {
  const { world, thread, deaths, messages } = start();
  thread.post({ do: "tick" });
  thread.post({ do: "throw" });
  thread.post({ say: 1 });
  await world.advance(1_000);
  assert.equal(deaths.length, 1);
  assert.match(deaths[0]!, /planned throw/);
  assert.deepEqual(messages, []);
  thread.post({ say: 2 });
  await world.advance(1_000);
  assert.deepEqual(messages, []);
});

test("a killed thread stops at once and is noticed later, once; a terminated one is not told at all", async () => {
  const { world, thread, deaths, messages, runtime } = start();
  thread.post({ do: "tick" });
  await world.advance(350);
  const ticks = messages.length;
  assert.equal(ticks, 3);
  world.host("a").killThread();
  thread.post({ do: "write" });
  await world.advance(5_900);
  assert.deepEqual([messages.length, deaths.length], [ticks, 0]);
  await world.advance(200);
  assert.deepEqual(deaths, ["killed"]);
  assert.equal(runtime.disk.exists("/by_thread"), false);
  const second = start();
  second.thread.post({ do: "tick" });
  await second.world.advance(350);
  second.thread.terminate();
  await second.world.advance(10_000);
  assert.deepEqual([second.messages.length, second.deaths.length], [3, 0]);
});

test("when the program ends its threads end with it", async () => {
  const { world, thread, messages, deaths } = start();
  thread.post({ do: "tick" });
  await world.advance(350);
  world.host("a").kill();
  await world.advance(10_000);
  assert.deepEqual([messages.length, deaths.length], [3, 0]);
  assert.throws(() => worldOf().runtime("a").threads.spawn("storage", { message() {}, died() {} }), /no entry/);
});

test("a program has arguments, hears signals, writes, and exits once; the next one on that machine is a new one", async () => {
  const world = worldOf();
  const runtime = world.runtime("a", { args: ["record"], env: { ARGUS_DATA_PATH: "/data" } });
  const { process, timers } = runtime;
  assert.equal(world.runtime("a"), runtime);
  assert.deepEqual(process.args, ["record"]);
  assert.equal(process.env["ARGUS_DATA_PATH"], "/data");
  const signals: string[] = [];
  const cancel = process.onStop((signal) => signals.push(signal));
  world.host("a").process.sendStop("SIGINT");
  await world.advance(1);
  assert.deepEqual(signals, ["SIGINT"]);
  assert.equal(await process.write("out", "hello"), true);
  timers.after(10, () => process.exit(3));
  timers.after(11, () => assert.fail("it exited"));
  await world.advance(20);
  const ended = world.host("a").process;
  assert.equal(ended.exitCode, 3);
  assert.equal(ended.written.out, "hello");
  cancel();
  const next = world.runtime("a");
  assert.notEqual(next.process.pid, process.pid);
  assert.ok(next.process.rssBytes() > 0);
  await world.advance(1_000);
  assert.ok(next.process.cpuMs() > 0);
  world.host("a").process.sendStop();
  next.timers.after(5, () => assert.fail("it died of the signal"));
  await world.advance(10);
});

test("a program listens on its machine: bytes arrive in order and whole, a taken port is refused, its end resets everyone", async () => {
  const world = worldOf(5);
  const runtime = world.runtime("server");
  const loopback = world.host("server").loopback;
  const served = await runtime.tcp.listen({ host: "127.0.0.1", port: 8_000 }, (connection) => ({
    data: (bytes) => connection.write(bytes),
    drained: () => connection.bufferedBytes() === 0 && connection.end(),
    closed() {},
  }));
  await assert.rejects(runtime.tcp.listen({ host: "127.0.0.1", port: served.port }, () => ({ data() {}, closed() {} })), {
    code: "EADDRINUSE",
  });
  let text = "";
  let closed = 0;
  const client = loopback.connect(8_000, { data: (bytes) => text += new TextDecoder().decode(bytes), closed: () => closed++ });
  for (const word of ["all ", "of ", "it"]) client.write(new TextEncoder().encode(word));
  await world.advance(1);
  assert.deepEqual([text, closed], ["all of it", 1]);
  loopback.connect(8_000, { data() {}, closed: () => closed++ });
  await world.advance(1);
  world.host("server").kill();
  await world.advance(1);
  assert.equal(closed, 2);
  assert.throws(() => loopback.connect(8_000, { data() {}, closed() {} }), /nobody listens/);
});
