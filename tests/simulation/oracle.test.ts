import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { EventBase } from "../../src/events/event_type.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import type { OwedEvent } from "../../src/sim/venue/ledger_book.ts";
import { firstDifference, type PathClaim, type Span } from "./oracle.ts";
import type { Published } from "./path_log.ts";
import { Scene } from "./scene.ts";

const PATHS = ["binance/trade/BTCUSDT", "binance/bbo/BTCUSDT", "binance/depth/BTCUSDT"];
const claims = new Map<string, PathClaim>();

before(async () => {
  const scene = new Scene({ seed: 1, listings: marketListings(1, ["BTCUSDT"]), rate: 30 });
  await scene.world.advance(10_000);
  await scene.settle();
  const owed = scene.ledger.owed();
  for (const path of PATHS) claims.set(path, { path, owed: owed.get(path)!, published: scene.events(path), gaps: [] });
});

/** What the oracle says of each path after the change. */
function verdicts(change: (published: Published[], owed: OwedEvent[]) => void, gaps: readonly Span[] = []): (string | undefined)[] {
  return PATHS.map((path) => {
    const claim = claims.get(path)!;
    const [published, owed] = [[...claim.published], [...claim.owed]];
    assert.ok(published.length > 20);
    change(published, owed);
    // The path's own numbers are those of a publisher that did just that.
    const renumbered = published.map((each, i) => ({ ...each, seq: i + 1 }));
    return firstDifference({ path, owed, published: renumbered, gaps });
  });
}

function altered(at: number, fields: Readonly<Record<string, unknown>>) {
  return (published: Published[]) => {
    published[at] = { ...published[at]!, event: { ...published[at]!.event, ...fields } as EventBase };
  };
}

function assertTold(found: readonly (string | undefined)[], told: RegExp): void {
  for (const each of found) assert.match(each ?? "nothing", told);
}

test("the oracle is content with what went well", () => {
  assert.deepEqual(verdicts(() => {}), [undefined, undefined, undefined]);
});

test("the oracle sees an event dropped, doubled, moved, made up, altered in any field, or of another time or symbol", () => {
  assertTold(verdicts((published) => published.splice(10, 1)), /arrived and was not published/);
  assertTold(verdicts((published) => published.splice(0, 1)), /arrived and was not published/);
  assertTold(verdicts((published) => published.pop()), /arrived and was not published/);
  assertTold(verdicts((published) => published.splice(10, 0, published[10]!)), /twice/);
  assertTold(verdicts((published) => published.splice(10, 0, ...published.splice(11, 1))), /came after/);
  assertTold(verdicts((_published, owed) => owed.splice(10, 1)), /was never sent/);
  assertTold(verdicts(altered(10, { price: 1, bidPrice: 1, bids: [[1, 1]] })), /price is 1, sent was|bids is \[\[1,1\]\], sent was/);
  assertTold(verdicts(altered(10, { side: "neither", askSize: undefined, asks: [[1, 0]] })), /side is|ask_size is null|asks is/);
  assertTold(verdicts(altered(10, { eventTime: 1 })), /event_time is 1/);
  assertTold(verdicts(altered(10, { symbol: "ETHUSDT" })), /symbol is ETHUSDT/);
});

test("what was under way when a line was cut may be missing only inside a hole that was told, where ids show a hole", () => {
  const lost = (published: Published[], owed: OwedEvent[]) => {
    const { type, event } = published.splice(10, 1)[0]!;
    const [first, last] = type.sequenceKey(event)!;
    for (const [i, each] of owed.entries()) if (each.seq[0] <= last && each.seq[1] >= first) owed[i] = { ...each, must: false };
  };
  const [trade, bbo, depth] = verdicts(lost);
  assertTold([trade, depth], /is missing, and no gap was told/);
  assert.equal(bbo, undefined);
  assert.deepEqual(verdicts(lost, [{ afterId: 0, beforeId: Infinity }]), [undefined, undefined, undefined]);
});

test("a path's own numbers go up by one, or begin anew", () => {
  const claim = claims.get(PATHS[0]!)!;
  const seqs = (numberOf: (i: number) => number) =>
    firstDifference({ ...claim, published: claim.published.map((each, i) => ({ ...each, seq: numberOf(i) })) });
  assert.equal(seqs((i) => i + 1), undefined);
  assert.equal(seqs((i) => i < 5 ? i + 1 : i - 4), undefined);
  assert.match(seqs((i) => i < 5 ? i + 1 : i + 2)!, /the path's number 7, behind 5/);
});
