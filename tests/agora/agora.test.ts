import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Agora } from "../../src/agora/agora.ts";
import type { Batch } from "../../src/agora/batch.ts";
import { compilePattern } from "../../src/agora/pattern.ts";
import { LagError, type Subscription } from "../../src/agora/subscription.ts";
import { ManualTimers } from "../support/manual_timers.ts";
import { event, type Numbered, numbered } from "./numbered.ts";

const SEED = 20261124;
const LOSSLESS = { lag: "lossless", eventsMax: 1_000 } as const;

async function drain(subscription: Subscription<Numbered>): Promise<Batch<Numbered>[]> {
  subscription.close();
  const batches: Batch<Numbered>[] = [];
  for await (const batch of subscription.stream) batches.push(batch);
  return batches;
}

const idsOf = (batches: Batch<Numbered>[]) => batches.flatMap((batch) => batch.events.map((each) => each.first));

test("a subscriber gets the current value, then every event after it: against a list-and-map model, any order of publish, join and leave", async () => {
  const paths = ["a/x/1", "a/x/2", "a/y/1", "b/x/1"];
  const patterns = ["a/x/1", "a/x/*", "*/x/1", "**", "b/**"];
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ op: fc.constant("publish" as const), at: fc.nat(paths.length - 1) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("subscribe" as const), at: fc.nat(patterns.length - 1) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("turn" as const), at: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("reopen" as const), at: fc.nat(paths.length - 1) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const agora = new Agora(new ManualTimers());
      const publishers = paths.map((path) => agora.open<Numbered>(path, numbered));
      const last = new Map<string, number>();
      const readers: { subscription: Subscription<Numbered>; pattern: string; expected: string[] }[] = [];
      let id = 0;
      for (const { op, at } of steps) {
        if (op === "publish") {
          publishers[at]!.publish([event(++id)]);
          last.set(paths[at]!, id);
          for (const reader of readers) if (compilePattern(reader.pattern).matches(paths[at]!)) reader.expected.push(`${paths[at]}=${id}`);
        } else if (op === "subscribe") {
          const subscription = agora.subscribe<Numbered>(patterns[at]!, LOSSLESS);
          readers.push({ subscription, pattern: patterns[at]!, expected: [] });
          const current = [...last].filter(([path]) => compilePattern(patterns[at]!).matches(path));
          assert.deepEqual(new Map([...subscription.current].map(([path, each]) => [path, each.first])), new Map(current));
        } else if (op === "turn") await Promise.resolve();
        else {
          publishers[at]!.close();
          publishers[at] = agora.open<Numbered>(paths[at]!, numbered);
          last.delete(paths[at]!);
        }
      }
      for (const { subscription, expected } of readers) {
        const got = (await drain(subscription)).flatMap((batch) => batch.events.map((each, i) => `${batch.paths[i]}=${each.first}`));
        assert.deepEqual(got, expected);
      }
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

test("one turn of the event loop is one batch", async () => {
  const agora = new Agora(new ManualTimers());
  const a = agora.open<Numbered>("s/t/a", numbered);
  const b = agora.open<Numbered>("s/t/b", numbered);
  const reader = agora.subscribe<Numbered>("s/t/*", LOSSLESS).stream.getReader();
  const first = reader.read();
  await Promise.resolve();
  a.publish([event(1)]);
  b.publish([event(1)]);
  a.publish([event(2)]);
  const { value } = await first;
  assert.deepEqual(value!.paths, ["s/t/a", "s/t/b", "s/t/a"]);
  assert.deepEqual(value!.seqs, [1, 1, 2]);
});

test("a stalled lossless subscriber fails loudly, and nobody else notices", async () => {
  const agora = new Agora(new ManualTimers());
  const publisher = agora.open<Numbered>("p", numbered);
  const stalled = agora.subscribe<Numbered>("p", { lag: "lossless", eventsMax: 10 });
  const good = agora.subscribe<Numbered>("p", LOSSLESS);
  for (let id = 1; id <= 20; id++) publisher.publish([event(id)]);
  await assert.rejects(stalled.stream.getReader().read(), LagError);
  assert.equal(idsOf(await drain(good)).length, 20);
});

test("a stalled drop-oldest subscriber keeps the newest, counts the rest, and sees the hole in seq", async () => {
  const agora = new Agora(new ManualTimers());
  const publisher = agora.open<Numbered>("p", numbered);
  const stalled = agora.subscribe<Numbered>("p", { lag: "drop-oldest", eventsMax: 10 });
  for (let id = 1; id <= 10_000; id++) publisher.publish([event(id)]);
  assert.equal(stalled.lost, 9_990);
  assert.equal(stalled.queuedEvents, 10);
  const batches = await drain(stalled);
  assert.deepEqual(idsOf(batches), [9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999, 10000]);
  assert.equal(batches[0]!.seqs[0], 9991);
});

test("a stalled latest subscriber keeps the newest of every path, however many paths there are", async () => {
  const agora = new Agora(new ManualTimers());
  const publishers = Array.from({ length: 50 }, (_, i) => agora.open<Numbered>(`p/${i}`, numbered));
  const stalled = agora.subscribe<Numbered>("p/*", { lag: "latest", eventsMax: 10 });
  for (let round = 1; round <= 100; round++) for (const publisher of publishers) publisher.publish([event(round)]);
  assert.ok(stalled.queuedEvents <= 100);
  const newest = new Map<string, number>();
  for (const batch of await drain(stalled)) batch.events.forEach((each, i) => newest.set(batch.paths[i]!, each.first));
  assert.equal(newest.size, 50);
  assert.ok([...newest.values()].every((id) => id === 100));
});

test("watch tells what is there, then every coming and going", async () => {
  const agora = new Agora(new ManualTimers());
  agora.open<Numbered>("a/b", numbered);
  const watch = agora.watch("a/*");
  assert.deepEqual(watch.current, ["a/b"]);
  const other = agora.open<Numbered>("a/c", numbered);
  agora.open<Numbered>("z/c", numbered);
  other.close();
  watch.close();
  const changes = [];
  for await (const change of watch.stream) changes.push(`${change.change} ${change.path}`);
  assert.deepEqual(changes, ["opened a/c", "closed a/c"]);
});

test("a writable feeds a path as publish does, and closing it closes the path", async () => {
  const agora = new Agora(new ManualTimers());
  const publisher = agora.open<Numbered>("p", numbered, event(7));
  const subscription = agora.subscribe<Numbered>("p", LOSSLESS);
  assert.equal(subscription.current.get("p")!.first, 7);
  const writer = publisher.writable.getWriter();
  await writer.write([event(8), event(9)]);
  await writer.close();
  assert.deepEqual(agora.paths(), []);
  assert.deepEqual(idsOf(await drain(subscription)), [8, 9]);
});

test("a source that can wait is held back while the reader lags", async () => {
  const agora = new Agora(new ManualTimers());
  const publisher = agora.open<Numbered>("p", numbered);
  const subscription = agora.subscribe<Numbered>("p", { lag: "lossless", eventsMax: 100 });
  const seen: number[] = [];
  const reading = (async () => {
    for await (const batch of subscription.stream) seen.push(...batch.events.map((each) => each.first));
  })();
  for (let id = 1; id <= 5_000; id++) {
    await subscription.room();
    publisher.publish([event(id)]);
  }
  subscription.close();
  await reading;
  assert.deepEqual(seen, Array.from({ length: 5_000 }, (_, i) => i + 1));
});
