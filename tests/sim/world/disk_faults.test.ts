import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Disk } from "../../../src/runtime/runtime.ts";
import type { DiskVerdict } from "../../../src/sim/world/virtual_disk.ts";
import { bytes, codeOf, text, worldOf } from "./support.ts";

const SEED = 20261125;

function machine(seed = 1) {
  const world = worldOf(seed);
  const host = world.host("a");
  return { host, disk: world.runtime("a").disk, runtime: () => world.runtime("a") };
}

/** As the storage protocol asks for: data, then its name. */
function save(disk: Disk, folder: string, name: string, content: string): void {
  const file = disk.open(`${folder}/${name}`, "create");
  file.append(bytes(content));
  file.sync();
  file.close();
  disk.syncFolder(folder);
}

test("a power cut keeps what was synced, data and name, and nothing else", () => {
  const { host, disk, runtime } = machine();
  disk.makeFolder("/d");
  disk.syncFolder("/");
  save(disk, "/d", "kept", "whole");
  save(disk, "/d", "grown", "first");
  const grown = disk.open("/d/grown", "update");
  grown.append(bytes(" second"));
  save(disk, "/d", "cut", "0123456789");
  const cut = disk.open("/d/cut", "update");
  cut.truncate(3);
  cut.append(bytes("xyz"));
  const nameless = disk.open("/d/nameless", "create");
  nameless.append(bytes("synced data, unsynced name"));
  nameless.sync();
  disk.makeFolder("/e"); // never synced in its parent
  save(disk, "/e", "in", "lost with its folder");
  host.powerCut();
  const after = runtime().disk;
  assert.deepEqual([...host.disk.files()].map(([path, content]) => [path, text(content)]), [
    ["/d/cut", "0123456789"],
    ["/d/grown", "first"],
    ["/d/kept", "whole"],
  ]);
  assert.equal(after.exists("/e"), false);
  save(after, "/d", "next", "goes on");
  host.powerCut();
  assert.equal(text(runtime().disk.read("/d/next")), "goes on");
});

test("a name without synced data is an empty file after a power cut", () => {
  const { host, disk, runtime } = machine();
  disk.open("/f", "create").append(bytes("data"));
  disk.syncFolder("/");
  host.powerCut();
  assert.equal(runtime().disk.stat("/f")?.bytes, 0);
});

test("a rename not synced is undone, one synced holds, one across folders is never half done", () => {
  const { host, disk, runtime } = machine();
  disk.makeFolder("/x");
  disk.makeFolder("/y");
  disk.syncFolder("/");
  save(disk, "/x", "old", "old");
  save(disk, "/x", "new", "new");
  disk.rename("/x/new", "/x/old");
  assert.equal(text(disk.read("/x/old")), "new");
  host.powerCut();
  const names = (path: string) => runtime().disk.list(path).map(({ name }) => name);
  assert.equal(text(runtime().disk.read("/x/old")), "old");
  assert.deepEqual(names("/x"), ["new", "old"]);
  runtime().disk.rename("/x/new", "/y/moved");
  runtime().disk.syncFolder("/y");
  host.powerCut();
  assert.deepEqual([names("/x"), names("/y")], [["old"], ["moved"]]);
  runtime().disk.rename("/y/moved", "/x/old");
  runtime().disk.syncFolder("/y"); // where it came from
  host.powerCut();
  assert.deepEqual([names("/x"), names("/y")], [["old"], []]);
  assert.equal(text(runtime().disk.read("/x/old")), "new");
});

test("a removed file is back after a power cut unless its folder was synced", () => {
  const { host, disk, runtime } = machine();
  save(disk, "/", "f", "here");
  disk.remove("/f");
  host.powerCut();
  assert.equal(text(runtime().disk.read("/f")), "here");
  runtime().disk.remove("/f");
  runtime().disk.syncFolder("/");
  host.powerCut();
  assert.equal(runtime().disk.exists("/f"), false);
});

test("a torn power cut keeps all that was synced, and of the rest only what was written or zeros", () => {
  let wasLonger = 0;
  let hadHole = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { host, disk } = machine(seed);
    save(disk, "/", "f", "s".repeat(1_000));
    const file = disk.open("/f", "update");
    file.append(new Uint8Array(20_000).fill(7));
    disk.open("/unsynced", "create");
    host.powerCut({ isTorn: true });
    const [, content] = [...host.disk.files()].find(([path]) => path === "/f")!;
    assert.ok(content.subarray(0, 1_000).every((byte) => byte === "s".charCodeAt(0)));
    assert.ok(content.subarray(1_000).every((byte) => byte === 7 || byte === 0));
    if (content.length > 1_000) wasLonger++;
    if (content.subarray(1_000).includes(0)) hadHole++;
  }
  assert.ok(wasLonger > 40 && hadHole > 20 && hadHole < 60, `${wasLonger} ${hadHole}`);
});

test("whatever a program did and whenever the power fails, synced bytes under synced names are there", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("append" as const), file: fc.nat(3), bytes: fc.nat(9_000) }),
    fc.record({ do: fc.constant("truncate" as const), file: fc.nat(3), bytes: fc.nat(9_000) }),
    fc.record({ do: fc.constantFrom("sync" as const, "syncFolder" as const), file: fc.nat(3) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), fc.nat(1_000), (steps, isTorn, seed) => {
      const { host, disk } = machine(seed);
      const files = Array.from({ length: 4 }, (_, i) => disk.open(`/f${i}`, "create"));
      const content: Uint8Array[] = files.map(() => new Uint8Array(0));
      const synced = new Map<number, Uint8Array>();
      const isDirty = new Set<number>(); // truncated since: the old bytes may be there, or the new
      let isNamed = false;
      for (const [i, each] of steps.entries()) {
        const file = files[each.file]!;
        if (each.do === "append") {
          const more = new Uint8Array(each.bytes).fill(i + 1);
          file.append(more);
          content[each.file] = Uint8Array.of(...content[each.file]!, ...more);
        } else if (each.do === "truncate") {
          const length = Math.min(each.bytes, file.size());
          file.truncate(length);
          content[each.file] = content[each.file]!.slice(0, length);
          isDirty.add(each.file);
        } else if (each.do === "sync") {
          file.sync();
          synced.set(each.file, content[each.file]!);
          isDirty.delete(each.file);
        } else {
          disk.syncFolder("/");
          isNamed = true;
        }
      }
      host.powerCut({ isTorn });
      const found = host.disk.files();
      for (const [i, expected] of synced) {
        const bytes = found.get(`/f${i}`);
        if (isNamed) assert.ok(bytes !== undefined, `f${i} is gone`);
        if (bytes === undefined || isDirty.has(i)) continue;
        assert.deepEqual(bytes.slice(0, expected.length), expected);
        if (!isTorn) assert.equal(bytes.length, expected.length);
      }
      if (!isNamed && !isTorn) assert.equal(found.size, 0);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("a full disk takes what fits, the next good append begins at the last good offset, freed space is there again", () => {
  const { host, disk } = machine();
  host.disk.capacityBytes = 1_000;
  save(disk, "/", "ballast", "b".repeat(600));
  const file = disk.open("/f", "create");
  assert.equal(file.append(new Uint8Array(300).fill(1)), 0);
  assert.equal(codeOf(() => file.append(new Uint8Array(200).fill(2))), "ENOSPC");
  assert.equal(file.size(), 300);
  assert.equal(disk.stat("/f")?.bytes, 400);
  assert.equal(disk.freeBytes("/"), 0);
  disk.remove("/ballast");
  assert.equal(file.append(new Uint8Array(200).fill(3)), 300);
  file.close();
  assert.deepEqual([...new Set(disk.read("/f"))], [1, 3]);
  assert.equal(disk.freeBytes("/"), 500);
  const open = disk.open("/f", "update");
  disk.remove("/f");
  assert.equal(disk.freeBytes("/"), 500);
  open.close();
  assert.equal(disk.freeBytes("/"), 1_000);
});

test("what a failed append left is cut off when the file is closed", () => {
  const { host, disk } = machine();
  const file = disk.open("/f", "create");
  file.append(bytes("good"));
  host.disk.failOn((op) => op === "append" ? "EIO" : undefined);
  assert.equal(codeOf(() => file.append(bytes("12345678"))), "EIO");
  assert.equal(text(disk.read("/f")), "good1234");
  host.disk.failOn(() => undefined);
  file.close();
  assert.equal(text(disk.read("/f")), "good");
});

test("operations are counted and fail as told, and a failed one changes nothing", () => {
  const { host, disk } = machine();
  const asked: string[] = [];
  let failing: number | undefined;
  const verdict: DiskVerdict = (op, path, n) => {
    asked.push(`${n} ${op} ${path}`);
    return n === failing ? "EIO" : undefined;
  };
  const all = () => {
    disk.makeFolder("/d");
    save(disk, "/d", "f", "x");
    disk.rename("/d/f", "/d/g");
    disk.remove("/d/g");
    disk.removeFolder("/d");
    disk.lock("/lock")?.release();
    disk.remove("/lock");
  };
  host.disk.failOn(verdict);
  all();
  assert.deepEqual(asked, [
    "1 makeFolder /d",
    "2 open /d/f",
    "3 append /d/f",
    "4 sync /d/f",
    "5 syncFolder /d",
    "6 rename /d/g",
    "7 remove /d/g",
    "8 removeFolder /d",
    "9 lock /lock",
    "10 remove /lock",
  ]);
  assert.equal(host.disk.operations, 10);
  for (failing = 1; failing <= 10; failing++) {
    host.disk.failOn(verdict);
    assert.equal(codeOf(all), "EIO", `operation ${failing}`);
    host.disk.failOn(() => undefined);
    disk.remove("/d/f");
    disk.remove("/d/g");
    disk.remove("/lock");
    if (disk.exists("/d")) disk.removeFolder("/d");
  }
  assert.deepEqual(disk.list("/"), []);
});

test("a failed sync is not retried on that file, and a later one elsewhere does not bring the bytes back", () => {
  const { host, disk, runtime } = machine();
  save(disk, "/", "f", "safe ");
  const file = disk.open("/f", "update");
  file.append(bytes("lost"));
  host.disk.failOn((op, _path, n) => op === "sync" && n === 1 ? "EIO" : undefined);
  assert.equal(codeOf(() => file.sync()), "EIO");
  assert.equal(codeOf(() => file.sync()), "EIO");
  const again = disk.open("/f", "update");
  again.append(bytes(" more"));
  again.sync();
  assert.equal(text(disk.read("/f")), "safe lost more");
  host.powerCut();
  assert.equal(text(runtime().disk.read("/f")), "safe \0\0\0\0 more");
});

test("a killed program's locks fall and its files close; it changes nothing any more; what it wrote is there", () => {
  const { host, disk, runtime } = machine();
  const lock = disk.lock("/lock")!;
  lock.describe("the first");
  const file = disk.open("/f", "create");
  file.append(bytes("written"));
  host.kill();
  assert.match(codeOf(() => file.append(bytes("late"))), /program is over/);
  assert.match(codeOf(() => disk.remove("/f")), /program is over/);
  assert.match(codeOf(() => lock.describe("late")), /program is over/);
  const next = runtime().disk;
  const second = next.lock("/lock");
  assert.notEqual(second, undefined);
  lock.release();
  assert.equal(next.lock("/lock"), undefined);
  assert.equal(text(next.read("/f")), "written");
  assert.equal(text(next.read("/lock")), "the first");
});

test("a program can be ended at any operation: that one does not happen, and the program hears no answer it can use", () => {
  for (let at = 1; at <= 5; at++) {
    const { host, disk } = machine();
    host.disk.failOn((_op, _path, n) => {
      if (n === at) host.kill();
      return undefined;
    });
    assert.match(
      codeOf(() => {
        disk.makeFolder("/d");
        save(disk, "/d", "f", "x");
      }),
      /program is over/,
    );
    assert.equal(disk.exists("/d"), at > 1);
    assert.equal(disk.exists("/d/f"), at > 2);
    if (at > 2) assert.equal(host.disk.files().get("/d/f")?.length, at > 3 ? 1 : 0);
  }
});

test("two machines have two disks; a relative path begins at the program's folder", () => {
  const world = worldOf();
  const [a, b] = [world.runtime("a"), world.runtime("b")];
  save(a.disk, ".", "f", "a");
  assert.equal(text(a.disk.read(`${a.process.folder}f`)), "a");
  assert.equal(b.disk.exists("/f"), false);
});
