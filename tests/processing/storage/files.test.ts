import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lockDataPath } from "../../../src/processing/storage/lock.ts";
import { publishFile, setAside } from "../../../src/processing/storage/files.ts";
import { World } from "../../../src/sim/world/world.ts";
import { runtime as real } from "./support.ts";

const BYTES = new TextEncoder().encode("rows");

/** A recorder that has its data path and one day file in it. */
function recording() {
  const world = new World(real, { seed: 1 });
  const runtime = world.runtime("recorder");
  lockDataPath(runtime, "/srv/argus/data", "argus test");
  publishFile(runtime.disk, "/srv/argus/data/binance/trade/BTCUSDT/2026/2026-11-24.pq", "/srv/argus/data/tmp/new", BYTES);
  return { host: world.host("recorder"), disk: runtime.disk };
}

describe("what a power cut leaves", () => {
  it("is every published file, also in a data path that was made a moment before", () => {
    const { host } = recording();
    host.powerCut({ isTorn: false });
    assert.deepEqual(new Map(host.disk.files()).get("/srv/argus/data/binance/trade/BTCUSDT/2026/2026-11-24.pq"), BYTES);
  });

  it("is a file that was set aside, where it was put", () => {
    const { host, disk } = recording();
    setAside(disk, "/srv/argus/data/binance/trade/BTCUSDT/2026/2026-11-24.pq", "/srv/argus/data/tmp/aside/2026-11-24.pq");
    host.powerCut({ isTorn: false });
    const files = new Map(host.disk.files());
    assert.deepEqual(files.get("/srv/argus/data/tmp/aside/2026-11-24.pq"), BYTES);
    assert.equal(files.has("/srv/argus/data/binance/trade/BTCUSDT/2026/2026-11-24.pq"), false);
  });
});
