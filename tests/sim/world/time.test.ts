import assert from "node:assert/strict";
import { test } from "node:test";
import { worldOf } from "./support.ts";

test("tasks run in the order of their time, those of one time in the order they were armed, and turns after all of them", async () => {
  const world = worldOf();
  const { timers } = world.runtime("a");
  const log: string[] = [];
  timers.after(5, () => {
    log.push("5a");
    timers.turn(() => log.push("turn of 5"));
  });
  timers.after(2, () => log.push("2"));
  timers.after(5, () => log.push("5b"));
  timers.after(5, () => void Promise.resolve().then(() => log.push("5c, later")));
  timers.after(0, () => log.push("0 is 1"));
  timers.after(1, () => log.push("1"));
  timers.turn(() => log.push("turn of now"));
  await world.advance(10);
  assert.deepEqual(log, ["turn of now", "0 is 1", "1", "2", "5a", "5b", "5c, later", "turn of 5"]);
});

test("a period keeps its beat until it is cancelled, also by itself", async () => {
  const world = worldOf();
  const { timers, clock } = world.runtime("a");
  const beats: number[] = [];
  const cancel = timers.every(100, () => {
    beats.push(clock.monotonicMs());
    if (beats.length === 3) cancel();
  });
  const never = timers.after(50, () => assert.fail("was cancelled"));
  never();
  await world.advance(1_000);
  cancel();
  assert.deepEqual(beats, [100, 200, 300]);
  assert.equal(world.nowMs, 1_000);
});

test("between two tasks every promise chain and web stream runs to its end", async () => {
  const world = worldOf();
  const { timers } = world.runtime("a");
  let hops = 0;
  let chunks = 0;
  const walk = async () => {
    for (let i = 0; i < 20_000; i++) await Promise.resolve();
    hops = 20_000;
  };
  const flow = async () => {
    let made = 0;
    let stream = new ReadableStream<number>({
      pull: (controller) => made < 500 ? controller.enqueue(made++) : controller.close(),
    });
    for (let i = 0; i < 6; i++) stream = stream.pipeThrough(new TransformStream());
    const [one, two] = stream.tee();
    for (const branch of [one, two]) {
      void (async () => {
        for await (const _ of branch) chunks++;
      })();
    }
    await Promise.resolve();
  };
  timers.after(10, () => void walk());
  timers.after(10, () => assert.equal(hops, 20_000));
  timers.after(20, () => void flow());
  timers.after(20, () => assert.equal(chunks, 1_000));
  await world.advance(30);
  assert.equal(chunks, 1_000);
});

test("the wall clock can be set, the monotonic one cannot", async () => {
  const world = worldOf(1, { startTime: 1_700_000_000_000_000 });
  const { clock } = world.runtime("a");
  await world.advance(1_500);
  assert.equal(clock.wallTime(), 1_700_000_001_500_000);
  world.host("a").stepWall(-3_600_000);
  assert.equal(clock.wallTime(), 1_699_996_401_500_000);
  assert.equal(clock.monotonicMs(), 1_500);
  assert.equal(world.runtime("b").clock.wallTime(), 1_700_000_001_500_000);
});

test("runUntil hands an outcome on, stops at the moment it is there, and says how long it waited in vain", async () => {
  const world = worldOf(5);
  const { timers } = world.runtime("a");
  const after = (ms: number) => new Promise<number>((resolve) => void timers.after(ms, () => resolve(ms)));
  assert.equal(await world.runUntil(after(70), 1_000), 70);
  assert.equal(world.nowMs, 70);
  await world.runUntil(() => world.nowMs >= 70, 0);
  await assert.rejects(world.runUntil(Promise.reject(new Error("planned")), 10), /planned/);
  await assert.rejects(world.runUntil(new Promise(() => {}), 1_000), /world of seed 5, 1\.070 s after it began: not within 1000 ms/);
  await assert.rejects(world.runUntil(() => false, 10), /not within 10 ms: \(\) ?=>/);
});

test("what a program throws and does not catch ends the run, unless it listens", async () => {
  const world = worldOf();
  world.runtime("a").timers.after(5, () => {
    throw new Error("planned");
  });
  await assert.rejects(world.advance(10), /0\.005 s after it began: planned/);
  const { timers, process } = world.runtime("b");
  const told: unknown[] = [];
  process.onFatal((error) => told.push(error));
  timers.after(5, () => {
    throw new Error("heard");
  });
  await world.advance(10);
  assert.match(String(told[0]), /heard/);
});

test("turns that ask for turns for ever are told, not waited for", async () => {
  const world = worldOf();
  const { timers } = world.runtime("a");
  const again = () => timers.turn(again);
  again();
  await assert.rejects(world.advance(10), /time stands still/);
});

test("a paused program runs nothing, and then everything that was due, in order", async () => {
  const world = worldOf();
  const { timers, clock } = world.runtime("a");
  const log: string[] = [];
  timers.every(40, () => log.push(`beat ${clock.monotonicMs()}`));
  timers.after(90, () => {
    log.push("90");
    timers.turn(() => log.push(`turn ${clock.monotonicMs()}`));
  });
  timers.after(70, () => log.push("70"));
  world.runtime("b").timers.after(60, () => log.push("other machine"));
  await world.advance(50);
  world.host("a").pause(100);
  await world.advance(150);
  assert.deepEqual(log, ["beat 40", "other machine", "70", "beat 150", "90", "turn 150", "beat 190"]);
});

test("each machine and purpose has random numbers of its own, the same for the same seed", () => {
  const draw = (seed: number, host: string) => {
    const { random } = worldOf(seed).runtime(host);
    return [random.float(), random.float(), ...random.bytes(4)];
  };
  assert.deepEqual(draw(1, "a"), draw(1, "a"));
  assert.notDeepEqual(draw(1, "a"), draw(2, "a"));
  assert.notDeepEqual(draw(1, "a"), draw(1, "b"));
  const { random } = worldOf(3).runtime("a");
  const mean = Array.from({ length: 10_000 }, () => random.float()).reduce((sum, each) => sum + each, 0) / 10_000;
  assert.ok(Math.abs(mean - 0.5) < 0.02, `${mean}`);
});
