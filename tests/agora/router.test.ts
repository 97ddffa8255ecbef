import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Agora } from "../../src/agora/agora.ts";
import { AgoraRouter, type JoinOutcome, type RouterOptions } from "../../src/agora/router.ts";
import { ManualTimers } from "../support/manual_timers.ts";
import { event, follows, type Numbered, numbered } from "./numbered.ts";

const SEED = 20261124;
const WAITS = { ready: Promise.resolve(), quietMs: 1_000, deadlineMs: 5_000 };

type Options = Partial<RouterOptions<Numbered>>;

function bench(options: Options = { continuity: follows }) {
  const timers = new ManualTimers();
  const agora = new Agora(timers);
  const gaps: [number, number][] = [];
  const begun: number[] = [];
  const router = new AgoraRouter<Numbered>(agora, timers, "p", undefined, {
    type: numbered,
    holdMs: 2_000,
    listener: {
      began: (first) => begun.push(first.first),
      gap: ({ after, before }) => gaps.push([after.last, before.first]),
      duplicate: () => {},
    },
    ...options,
  });
  const out: Numbered[] = [];
  agora.tap("p", { event: (_node, each) => out.push(each as Numbered) });
  const source = (name: string) => agora.open<Numbered>(name, numbered);
  return { timers, agora, router, gaps, begun, out, source, ids: () => out.map((each) => each.first) };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Plays two sequences in the interleaving that `order` picks: true takes from a. */
async function play(b: ReturnType<typeof bench>, a: Numbered[], c: Numbered[], order: boolean[], settle: boolean): Promise<void> {
  const one = b.source("one");
  const two = b.source("two");
  void b.router.relay("one", WAITS);
  void b.router.relay("two", WAITS);
  let i = 0;
  let j = 0;
  for (let step = 0; i < a.length || j < c.length; step++) {
    const takeOne = j >= c.length || (i < a.length && order[step % order.length]!);
    if (takeOne) one.publish([a[i++]!]);
    else two.publish([c[j++]!]);
  }
  one.close();
  two.close();
  if (settle) await b.timers.advance(10_000);
}

test("consecutive ids: any interleaving of two sources whose union is complete gives every event once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "b", "both"), { minLength: 1, maxLength: 60 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      async (owners, order) => {
        const b = bench();
        const a = owners.flatMap((owner, i) => owner === "b" ? [] : [event(100 + i)]);
        const c = owners.flatMap((owner, i) => owner === "a" ? [] : [event(100 + i)]);
        await play(b, a, c, order, true);
        assert.deepEqual(b.ids(), range(100, 99 + owners.length));
        assert.deepEqual(b.gaps, []);
      },
    ),
    { seed: SEED, numRuns: 2_000 },
  );
});

/** Cuts 1..total into windows at the given cuts. */
function windows(first: number, last: number, cuts: number[]): Numbered[] {
  const ends = [...new Set(cuts.filter((cut) => cut >= first && cut < last)), last].sort((x, y) => x - y);
  let from = first;
  return ends.map((end) => {
    const window = event(from, end);
    from = end + 1;
    return window;
  });
}

test("depth windows cut differently on each socket: the union covers every id, in order, each once at most partly again", async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      cuts,
      cuts,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.boolean(), { minLength: 1 }),
      async (x, y, start, end, order) => {
        const b = bench();
        const a = windows(1, Math.max(start, end), x);
        const c = windows(Math.min(start, end), 120, y);
        await play(b, a, c, order, true);
        assert.equal(b.out[0]!.first, 1);
        assert.equal(b.out.at(-1)!.last, 120);
        for (let i = 1; i < b.out.length; i++) {
          assert.ok(b.out[i]!.first <= b.out[i - 1]!.last + 1, "no id is skipped");
          assert.ok(b.out[i]!.last > b.out[i - 1]!.last, "each window adds something");
        }
        assert.deepEqual(b.gaps, []);
      },
    ),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("rising ids: a new source that begins inside the old one's loses nothing, doubles nothing, in any interleaving", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 60 }),
      fc.nat(),
      fc.nat(),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      async (steps, x, y, order) => {
        let id = 0;
        const all = steps.map((step) => id += step);
        const begin = Math.min(x % all.length, y % all.length);
        const end = Math.max(x % all.length, y % all.length);
        const b = bench({});
        await play(b, all.slice(0, end + 1).map((each) => event(each)), all.slice(begin).map((each) => event(each)), order, true);
        assert.deepEqual(b.ids(), all);
      },
    ),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("a chain of a hundred replacements, each proven before the old source ends, loses and doubles nothing", async () => {
  for (const options of [{ continuity: follows }, {}]) {
    const b = bench(options);
    let old = b.source("w0");
    void b.router.relay("w0", WAITS);
    let oldNext = 1;
    let next = 1;
    const outcomes: JoinOutcome[] = [];
    for (let round = 1; round <= 100; round++) {
      next += 3;
      while (oldNext < next) old.publish([event(oldNext++)]);
      const fresh = b.source(`w${round}`);
      const joined = b.router.relay(`w${round}`, WAITS).then((outcome) => outcomes.push(outcome));
      let freshNext = next;
      if (round % 2 === 0) { // the new socket is ahead of the old one
        for (let i = 0; i < 5; i++) fresh.publish([event(freshNext++)]);
        while (oldNext < freshNext) old.publish([event(oldNext++)]);
      } else {
        for (let i = 0; i < 5; i++) old.publish([event(oldNext++)]);
        while (freshNext < oldNext) fresh.publish([event(freshNext++)]);
      }
      await joined;
      old.close();
      old = fresh;
      oldNext = next = freshNext;
    }
    assert.deepEqual(b.ids(), range(1, next - 1));
    assert.deepEqual(b.gaps, []);
    assert.ok(outcomes.every((outcome) => outcome === "proven"), outcomes.join());
  }
});

test("a source that was replaced is held by none of those that came after it", async () => {
  const b = bench();
  const taps: object[] = [];
  const tap = b.agora.tap.bind(b.agora);
  b.agora.tap = (path, each) => {
    taps.push(each);
    return tap(path, each);
  };
  let old = b.source("w0");
  void b.router.relay("w0", WAITS);
  for (let round = 1; round <= 20; round++) {
    const fresh = b.source(`w${round}`);
    const joined = b.router.relay(`w${round}`, WAITS);
    for (const source of [old, fresh]) source.publish([event(round)]);
    assert.equal(await joined, "proven");
    old.close();
    old = fresh;
  }
  const reached = new Set<object>();
  const reach = (value: unknown) => {
    if (typeof value !== "object" || value === null || reached.has(value)) return;
    reached.add(value);
    Object.values(value).forEach(reach);
  };
  reach(taps.at(-1));
  assert.equal(taps.length, 21);
  assert.deepEqual(taps.flatMap((each, i) => reached.has(each) ? [i] : []), [20]);
});

test("a hole that no source can fill is told at once, one that another might fill only after the wait", async () => {
  const b = bench();
  const one = b.source("one");
  void b.router.relay("one", WAITS);
  one.publish([event(1), event(3)]);
  assert.deepEqual(b.gaps, [[1, 3]]);
  b.source("two");
  void b.router.relay("two", WAITS);
  one.publish([event(6)]);
  assert.deepEqual(b.ids(), [1, 3]);
  await b.timers.advance(1_999);
  assert.deepEqual(b.ids(), [1, 3]);
  await b.timers.advance(1);
  assert.deepEqual(b.ids(), [1, 3, 6]);
  assert.deepEqual(b.gaps, [[1, 3], [3, 6]]);
});

test("a quiet path joins after the wait, a source that stays silent while the old one speaks does not", async () => {
  const b = bench();
  const one = b.source("one");
  void b.router.relay("one", WAITS);
  one.publish([event(1)]);
  b.source("two");
  const quiet = b.router.relay("two", WAITS);
  await b.timers.advance(0);
  await b.timers.advance(1_000);
  assert.equal(await quiet, "quiet");
  b.source("three");
  const silent = b.router.relay("three", WAITS);
  await b.timers.advance(0);
  for (let i = 2; i <= 5; i++) {
    await b.timers.advance(900);
    one.publish([event(i)]);
  }
  await b.timers.advance(1_400);
  assert.equal(await silent, "silent");
});

test("what came before a new source was subscribed, or may have been under way then, does not make it silent", async () => {
  const b = bench();
  const one = b.source("one");
  void b.router.relay("one", WAITS);
  one.publish([event(1)]);
  b.source("two");
  let subscribed!: () => void;
  const outcome = b.router.relay("two", { ...WAITS, ready: new Promise<void>((resolve) => subscribed = resolve) });
  one.publish([event(2)]);
  subscribed();
  await b.timers.advance(0);
  await b.timers.advance(1_000);
  assert.equal(await outcome, "quiet");
  b.source("three");
  const late = b.router.relay("three", WAITS);
  await b.timers.advance(0);
  await b.timers.advance(500);
  one.publish([event(3)]);
  await b.timers.advance(2_500);
  assert.equal(await late, "quiet");
});

test("an event waits behind a hole for its own time, however long another one waited before it", async () => {
  const b = bench();
  const [one, two] = [b.source("one"), b.source("two")];
  b.source("three");
  for (const name of ["one", "two", "three"]) void b.router.relay(name, WAITS);
  one.publish([event(1)]); // waits: the other two could bring an older one
  await b.timers.advance(1_900);
  one.publish([event(2)]);
  two.publish([event(5)]);
  await b.timers.advance(100);
  assert.deepEqual(b.ids(), [1, 2]);
  one.publish([event(3), event(4)]);
  assert.deepEqual(b.ids(), [1, 2, 3, 4, 5]);
  assert.deepEqual(b.gaps, []);
});

test("rising ids: a source waits for its own time to be joined, however long another one waited before it", async () => {
  const b = bench({});
  const one = b.source("one");
  void b.router.relay("one", WAITS);
  one.publish([event(10)]);
  const [two, three] = [b.source("two"), b.source("three")];
  for (const name of ["two", "three"]) void b.router.relay(name, WAITS);
  two.publish([event(20)]);
  await b.timers.advance(1_900);
  three.publish([event(15)]);
  await b.timers.advance(100);
  one.publish([event(12), event(15), event(17), event(20)]);
  assert.deepEqual(b.ids(), [10, 12, 15, 17, 20]);
});

test("a source that ends before its proof leaves what it brought; the router's end lets everything held back out", async () => {
  const b = bench({});
  const one = b.source("one");
  void b.router.relay("one", WAITS);
  one.publish([event(10)]);
  const two = b.source("two");
  const outcome = b.router.relay("two", WAITS);
  two.publish([event(14), event(15)]);
  two.close();
  assert.equal(await outcome, "ended");
  assert.deepEqual(b.ids(), [10]);
  one.publish([event(12), event(14)]);
  assert.deepEqual(b.ids(), [10, 12, 14, 15]);
  const three = b.source("three");
  void b.router.relay("three", WAITS);
  three.publish([event(20)]);
  b.router[Symbol.dispose]();
  assert.deepEqual(b.ids(), [10, 12, 14, 15, 20]);
});

test("without keys the path is cut over at the new source's first event", () => {
  const b = bench({ type: { ...numbered, sequenceKey: () => undefined } });
  const one = b.source("one");
  const two = b.source("two");
  void b.router.relay("one", WAITS);
  void b.router.relay("two", WAITS);
  one.publish([event(1)]);
  two.publish([event(1)]);
  one.publish([event(2)]);
  two.publish([event(2)]);
  assert.deepEqual(b.ids(), [1, 1, 2]);
});

test("what was fetched later is heard, and the current value stays the newest", () => {
  const b = bench();
  const one = b.source("one");
  void b.router.relay("one", WAITS);
  one.publish([event(1), event(4)]);
  b.router.fill([event(2), event(3)]);
  assert.deepEqual(b.ids(), [1, 4, 2, 3]);
  assert.deepEqual(b.agora.last("p"), event(4));
  one.publish([event(5)]);
  assert.deepEqual([b.ids().at(-1), b.agora.last("p")], [5, event(5)]);
});

test("rising ids: an event that comes late on its socket is heard once, and is never the current value", () => {
  const b = bench({});
  const one = b.source("one");
  void b.router.relay("one", WAITS);
  one.publish([event(1), event(3), event(6), event(4), event(4), event(3), event(6), event(7), event(4)]);
  assert.deepEqual(b.ids(), [1, 3, 6, 4, 7]);
  one.publish([event(5)]);
  assert.deepEqual([b.ids().at(-1), b.agora.last("p")], [5, event(7)]);
});

/** One source that brings 1, a second one that joins beside it while nobody speaks. */
async function joinedQuietly() {
  const b = bench({});
  const one = b.source("one");
  const two = b.source("two");
  void b.router.relay("one", WAITS);
  one.publish([event(1)]);
  const outcome = b.router.relay("two", WAITS);
  await b.timers.advance(0); // its wait has begun
  return { b, one, two, outcome };
}

test("rising ids: silence beside a source that broke proves nothing, whenever it broke, and the hole that may be there is told", async () => {
  const before = await joinedQuietly();
  before.one.close(true);
  await before.b.timers.advance(5_000);
  assert.equal(await before.outcome, "unproven");
  before.two.publish([event(9)]);
  assert.deepEqual(before.b.gaps, [[1, 9]], "it broke while the new one waited");

  const after = await joinedQuietly();
  await after.b.timers.advance(5_000);
  assert.equal(await after.outcome, "quiet");
  after.one.close(true);
  after.two.publish([event(9)]);
  assert.deepEqual(after.b.gaps, [[1, 9]], "it broke before the new one spoke");

  const late = await joinedQuietly();
  await late.b.timers.advance(5_000);
  late.two.publish([event(9), event(11)]);
  late.one.close(true);
  assert.deepEqual(late.b.gaps, [[1, 9]], "it broke while the new one's events waited for it");

  const deaf = await joinedQuietly();
  await deaf.b.timers.advance(5_000);
  deaf.two.publish([event(9), event(11)]);
  await deaf.b.timers.advance(3_000);
  assert.deepEqual([deaf.b.ids(), deaf.b.gaps], [[1, 9, 11], []]);
  deaf.one.close(true);
  assert.deepEqual(deaf.b.gaps, [[1, 9]], "it was deaf already when the new one spoke");
});

test("rising ids: a quiet join beside a source that still speaks, or was ended on purpose, tells of no hole", async () => {
  const alive = await joinedQuietly();
  await alive.b.timers.advance(5_000);
  alive.two.publish([event(9)]);
  alive.one.publish([event(9), event(10)]);
  alive.one.close(true);
  const ended = await joinedQuietly();
  await ended.b.timers.advance(5_000);
  ended.one.close();
  ended.two.publish([event(9)]);
  assert.deepEqual([alive.b.gaps, ended.b.gaps, alive.b.ids(), ended.b.ids()], [[], [], [1, 9, 10], [1, 9]]);
});
