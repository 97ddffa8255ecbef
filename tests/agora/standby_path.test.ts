import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Agora } from "../../src/agora/agora.ts";
import { AgoraRouter, type PathState } from "../../src/agora/router.ts";
import { StandbyPath } from "../../src/agora/standby_path.ts";
import { ManualTimers } from "../support/manual_timers.ts";
import { event, follows, type Numbered, numbered } from "./numbered.ts";

const SEED = 20261125;
const QUIET_MS = 1_000;
const WAITS = { ready: Promise.resolve(), quietMs: QUIET_MS, deadlineMs: 5_000 };

/** Two processes on one clock: what the first published and left, and the second one that stands by. */
function bench({ isDense }: { readonly isDense: boolean }) {
  const timers = new ManualTimers();
  const wall = { aheadMs: 0 };
  const clock = { wallTime: () => (timers.nowMs + wall.aheadMs) * 1_000, monotonicMs: () => timers.nowMs };
  const routerOf = (agora: Agora, last?: Numbered) =>
    new AgoraRouter<Numbered>(agora, timers, "p", last, {
      type: numbered,
      holdMs: 2_000,
      ...(isDense ? { continuity: follows } : {}),
      listener: {
        began: ({ first }) => begun.push(first),
        gap: ({ after, before }) => gaps.push([after.last, before.first]),
        duplicate: () => {},
      },
    });
  const [gaps, begun, out]: [[number, number][], number[], number[]] = [[], [], []];
  const first = new Agora(timers);
  const second = new Agora(timers);
  const listen = (agora: Agora) => void agora.tap("p", { event: (_node, each) => out.push((each as Numbered).first) });
  const before = routerOf(first);
  listen(first);
  const standby = new StandbyPath<Numbered>(second, { clock, timers }, numbered);
  const goOn = (state: PathState<Numbered> | undefined, leftTime: number | undefined = clock.wallTime()) => {
    const router = routerOf(second, state?.last);
    listen(second);
    standby.goOn(router, state, leftTime);
    return router;
  };
  const now = (id: number): Numbered => ({ ...event(id), recvTime: clock.wallTime() });
  const source = (agora: Agora, name: string) => agora.open<Numbered>(name, numbered);
  return { timers, gaps, begun, out, first, second, before, standby, goOn, now, source, wall };
}

for (const isDense of [true, false]) {
  const kind = isDense ? "consecutive ids" : "ids that only rise";

  test(`${kind}: whatever each process had when one left, every event comes once, in order, and no hole is told`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.nat(20), fc.nat(20), fc.boolean(), async (begins, leaves, goesOn, isRotated) => {
        const b = bench({ isDense });
        const old = b.source(b.first, "old");
        void b.before.relay("old", WAITS);
        old.publish([event(1)]);
        const last = 2 + begins + leaves;
        old.publish(ids(2, last));
        // The second process's socket began before the first one left, and is ahead of it or behind.
        const sockets = [b.source(b.second, "one"), b.source(b.second, "two")] as const;
        void b.standby.relay("one", WAITS);
        sockets[0].publish(ids(1 + begins, 1 + begins + goesOn));
        if (isRotated) void b.standby.relay("two", WAITS);
        if (isRotated) sockets[1].publish(ids(1 + begins + goesOn, 1 + begins + goesOn));
        if (isRotated) sockets[0].close();
        const { state } = b.before;
        b.before.leave();
        old.publish([event(last + 1)]);
        b.goOn(state);
        const more = ids(2 + begins + goesOn, last + 30);
        sockets[isRotated ? 1 : 0].publish(more);
        await b.timers.advance(10_000);
        assert.deepEqual(b.out, ids(1, last + 30).map(({ first }) => first));
        assert.deepEqual([b.gaps, b.begun], [[], [1]]);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test(`${kind}: what the first process held back behind a hole goes with its state, and is published when the hole is filled`, async () => {
    const b = bench({ isDense });
    const [old, slow] = [b.source(b.first, "old"), b.source(b.first, "slow")];
    void b.before.relay("old", WAITS);
    old.publish(ids(1, 5));
    void b.before.relay("slow", WAITS);
    slow.publish(ids(8, 9));
    const { state } = b.before;
    assert.deepEqual(state.held.map((events) => events.map(({ first }) => first)), [[8, 9]]);
    b.before.leave();
    assert.deepEqual(b.out, [1, 2, 3, 4, 5], "nothing behind a hole that may be filled yet");
    const socket = b.source(b.second, "one");
    void b.standby.relay("one", WAITS);
    socket.publish(ids(4, 7));
    b.goOn(state);
    socket.publish(ids(8, 12));
    await b.timers.advance(10_000);
    assert.deepEqual([b.out, b.gaps], [ids(1, 12).map(({ first }) => first), []]);
  });

  test(`${kind}: what neither process had is told`, async () => {
    const b = bench({ isDense });
    const old = b.source(b.first, "old");
    void b.before.relay("old", WAITS);
    old.publish(ids(1, 5));
    const { state } = b.before;
    b.before.leave();
    const socket = b.source(b.second, "one");
    void b.standby.relay("one", WAITS);
    b.goOn(state);
    socket.publish(ids(9, 10));
    await b.timers.advance(10_000);
    assert.deepEqual([b.out, b.gaps], [[1, 2, 3, 4, 5, 9, 10], [[5, 9]]]);
  });
}

test("ids that only rise: silence of both sides joins a quiet path, silence of one does not, and neither does a clock that was set", async () => {
  for (const [quietMs, aheadMs, gaps] of [[QUIET_MS, 0, []], [QUIET_MS - 1, 0, [[1, 5]]], [QUIET_MS - 1, 60_000, [[1, 5]]]] as const) {
    const b = bench({ isDense: false });
    const old = b.source(b.first, "old");
    void b.before.relay("old", WAITS);
    old.publish([b.now(1)]);
    const socket = b.source(b.second, "one");
    void b.standby.relay("one", WAITS);
    await b.timers.advance(0);
    await b.timers.advance(quietMs);
    b.wall.aheadMs = aheadMs;
    const { state } = b.before;
    b.before.leave();
    b.goOn(state);
    await b.timers.advance(20_000);
    socket.publish([b.now(5)]);
    await b.timers.advance(20_000);
    assert.deepEqual([b.out, b.gaps], [[1, 5], gaps]);
  }
});

test("memory is bounded: of a long wait the newest events are kept, and what they do not reach is told", async () => {
  const b = bench({ isDense: true });
  const old = b.source(b.first, "old");
  void b.before.relay("old", WAITS);
  old.publish(ids(1, 5));
  const { state } = b.before;
  b.before.leave();
  const socket = b.source(b.second, "one");
  void b.standby.relay("one", WAITS);
  for (let id = 1; id <= 600_064; id++) socket.publish([event(id)]);
  b.goOn(state);
  await b.timers.advance(10_000);
  assert.equal(b.gaps.length, 1);
  const kept = b.out.length - 5;
  assert.ok(kept >= 130_000 && kept <= 262_144, `${kept}`);
  assert.deepEqual([b.gaps[0], b.out.at(-1)], [[5, 600_064 - kept + 1], 600_064]);
});

test("a path the first process did not have begins here", async () => {
  const b = bench({ isDense: true });
  const socket = b.source(b.second, "one");
  void b.standby.relay("one", WAITS);
  socket.publish(ids(7, 8));
  b.goOn(undefined);
  socket.publish([event(9)]);
  await b.timers.advance(10_000);
  assert.deepEqual([b.out, b.begun, b.gaps], [[7, 8, 9], [7], []]);
});

function ids(first: number, last: number): Numbered[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => event(first + i));
}
