import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { StorageError } from "../../src/lib/errors.ts";
import { attempt } from "../../src/runtime/storage_failure.ts";
import {
  eventually,
  hasCommand,
  isDeno,
  type Outcome,
  programCommand,
  run,
  runtime,
  skipped,
  spawnCommand,
  temporaryFolder,
} from "./support.ts";

const { disk } = runtime;
const folder = temporaryFolder();
after(() => fs.rmSync(folder, { recursive: true, force: true }));
let names = 0;
const fresh = (name = "file") => path.join(folder, `${name}-${names++}`);
const filled = (bytes: number, value = 1) => new Uint8Array(bytes).fill(value);

function codeOf(operation: () => unknown): string {
  try {
    operation();
  } catch (error) {
    assert.ok(error instanceof StorageError, String(error));
    assert.ok(error.op !== "" && error.path !== "");
    return error.code;
  }
  return "nothing thrown";
}

describe("the runtime's disk", () => {
  it("RT26 an append on a full disk throws, and the next good one begins at the last good offset", () => {
    if (fs.existsSync("/dev/full")) assert.equal(codeOf(() => disk.open("/dev/full", "update").append(filled(10))), "ENOSPC");
    const small = mountSmall(fresh("mount"));
    if (small === undefined) return skipped("RT26 recovery", "no right to mount a small tmpfs");
    try {
      const ballast = disk.open(path.join(small, "ballast"), "create");
      ballast.append(filled(512 << 10));
      ballast.close();
      const file = disk.open(path.join(small, "data"), "create");
      assert.equal(file.append(filled(1_000, 1)), 0);
      assert.equal(codeOf(() => file.append(filled(1 << 20, 2))), "ENOSPC");
      assert.equal(file.size(), 1_000);
      disk.remove(path.join(small, "ballast"));
      assert.equal(file.append(filled(1_000, 3)), 1_000);
      file.sync();
      file.close();
      assert.deepEqual(disk.read(path.join(small, "data")).length, 2_000);
      assert.ok(disk.read(path.join(small, "data")).every((byte, i) => byte === (i < 1_000 ? 1 : 3)));
    } finally {
      execFileSync("umount", [small]);
    }
  });

  it("RT26 what a failed append left is cut off when the file is closed", () => {
    const small = mountSmall(fresh("mount"));
    if (small === undefined) return skipped("RT26 close", "no right to mount a small tmpfs");
    try {
      const file = disk.open(path.join(small, "data"), "create");
      file.append(filled(1_000));
      codeOf(() => file.append(filled(2 << 20)));
      file.close();
      assert.equal(disk.stat(path.join(small, "data"))?.bytes, 1_000);
    } finally {
      execFileSync("umount", [small]);
    }
  });

  it("RT27 a write cut short by the size limit is reported, and the file ends at its last good offset", async () => {
    if (process.platform === "win32") return skipped("RT27", "no ulimit");
    const file = fresh();
    // 2,048 blocks of 512 bytes. The signal is ignored, because Deno would die of it.
    const outcome = await run([
      "sh",
      "-c",
      `trap '' XFSZ; ulimit -f 2048; exec "$@"`,
      "sh",
      ...programCommand("append", [file, "700000", "3"]),
    ]);
    const said = sayings(outcome);
    const limit = said.onDisk === 700_000 ? ["ok", "failed", "failed"] : ["ok", "ok", "failed"]; // dash counts blocks of 512, bash of 1,024
    assert.deepEqual(said.steps.slice(0, 3).map((step) => step.endsWith("ok") ? "ok" : "failed"), limit);
    assert.match(said.steps[2]!, /StorageError (EFBIG|storage)/);
    assert.equal(said.size % 700_000, 0);
    assert.equal(said.onDisk, said.size);
  });

  it("RT28 a failed fsync throws, and is not retried on that file", async () => {
    if (!canTrace()) return skipped("RT28", "strace cannot trace here");
    const file = fresh();
    const command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1"];
    const said = sayings(await run([...command, ...programCommand("append", [file, "100", "1"])]));
    assert.deepEqual(said.steps, ["append ok", "sync StorageError EIO", "again StorageError EIO", "close ok"]);
  });

  it("RT28 pin: an error of close goes unseen", async () => {
    if (!canTrace()) return skipped("RT28 close", "strace cannot trace here");
    const file = fresh();
    const command = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", file, "-e", "trace=close", "-e", "inject=close:error=EIO"];
    const said = sayings(await run([...command, ...programCommand("append", [file, "100", "1"])]));
    assert.equal(said.steps.at(-1), "close ok");
  });

  it("RT28 a folder can be synced", () => disk.syncFolder(folder));

  it("RT29 after a rename over an open file the reader keeps the old bytes and a new open sees the new", () => {
    const [old, next] = [fresh(), fresh()];
    fs.writeFileSync(old, "old");
    fs.writeFileSync(next, "new");
    const reader = disk.open(old, "read");
    disk.rename(next, old);
    assert.equal(text(reader.readAt(0, 3)), "old");
    assert.equal(text(disk.read(old)), "new");
    assert.equal(disk.exists(next), false);
    reader.close();
  });

  it("RT29 pin: append mode ignores the position", () => {
    const file = fresh();
    fs.writeFileSync(file, "0123456789");
    const fd = fs.openSync(file, "a");
    fs.writeSync(fd, Buffer.from("x"), 0, 1, 2);
    fs.closeSync(fd);
    assert.equal(fs.readFileSync(file, "utf8"), "0123456789x");
  });

  it("RT30 a second lock is refused at once, across runtimes, and free after SIGKILL", async () => {
    const file = fresh("lock");
    const others = [programCommand("lock_holder", [file]), ...otherRuntime(file)];
    if (others.length === 1) skipped("RT30 across runtimes", "the other runtime is not installed");
    for (const command of others) {
      const holder = spawnCommand(command);
      const said = await new Promise((resolve) => holder.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString())));
      assert.equal(said, "locked\n");
      const beganMs = performance.now();
      assert.equal(disk.lock(file), undefined);
      assert.ok(performance.now() - beganMs < 100);
      assert.match(text(disk.read(file)), /^pid \d+$/);
      const gone = new Promise((resolve) => holder.once("exit", resolve));
      holder.kill("SIGKILL");
      await gone;
      let lock = disk.lock(file);
      assert.ok(await eventually(() => (lock ??= disk.lock(file)) !== undefined, 200));
      const outcome = await run(command);
      assert.equal(outcome.out.toString(), "refused\n");
      lock?.release();
    }
  });

  it("RT30 a lock is refused to its own process too, and free after release", () => {
    const file = fresh("lock");
    const lock = disk.lock(file);
    lock?.describe("a longer description");
    lock?.describe("short");
    assert.equal(text(disk.read(file)), "short");
    assert.equal(disk.lock(file), undefined);
    lock?.release();
    lock?.release();
    const again = disk.lock(file);
    assert.ok(again !== undefined);
    again.release();
  });

  it("RT31 errors keep the system's code, and anything unknown becomes storage", () => {
    const file = fresh();
    disk.open(file, "create").close();
    assert.equal(codeOf(() => disk.open(file, "create")), "EEXIST");
    assert.equal(codeOf(() => disk.open(fresh(), "update")), "ENOENT");
    assert.equal(codeOf(() => disk.read(fresh())), "ENOENT");
    assert.equal(codeOf(() => disk.open(path.join(folder, "n".repeat(300)), "create")), "ENAMETOOLONG");
    assert.equal(codeOf(() => disk.rename(fresh(), fresh())), "ENOENT");
    assert.equal(codeOf(() => disk.makeFolder(path.join(file, "below"))), "ENOTDIR");
    const loop = fresh("loop");
    fs.symlinkSync(loop, loop);
    assert.equal(codeOf(() => disk.open(loop, "read")), "ELOOP");
    const full = disk.makeFolder(fresh("folder"))[0]!;
    disk.open(path.join(full, "in"), "create").close();
    assert.equal(codeOf(() => disk.removeFolder(full)), "ENOTEMPTY");
    for (const thrown of [new Error("no code"), new TypeError("odd"), { code: "ERR_SOMETHING" }, "text", null]) {
      assert.equal(
        codeOf(() =>
          attempt("try", "it", () => {
            throw thrown;
          })
        ),
        "storage",
      );
    }
  });

  it("RT31 a read-only file system says so", () => {
    const small = mountSmall(fresh("mount"), "ro,");
    if (small === undefined) return skipped("RT31 EROFS", "no right to mount a small tmpfs");
    try {
      assert.equal(codeOf(() => disk.open(path.join(small, "x"), "create")), "EROFS");
      assert.equal(codeOf(() => disk.makeFolder(path.join(small, "x"))), "EROFS");
    } finally {
      execFileSync("umount", [small]);
    }
  });

  it("RT31 pin: a lone surrogate in a name is altered", () => {
    const place = disk.makeFolder(fresh("names"))[0]!;
    fs.writeFileSync(path.join(place, "a\ud800b"), "");
    assert.deepEqual(disk.list(place).map((entry) => entry.name), ["a\ufffdb"]);
  });

  it("files are read, appended to, truncated and read past their end", () => {
    const file = fresh();
    const writer = disk.open(file, "create");
    assert.equal(writer.append(filled(5, 65)), 0);
    assert.equal(writer.append(filled(5, 66)), 5);
    assert.equal(writer.append(new Uint8Array(0)), 10);
    writer.truncate(7);
    assert.equal(writer.append(filled(1, 67)), 7);
    assert.equal(text(writer.readAt(4, 4)), "ABBC");
    assert.equal(codeOf(() => writer.readAt(4, 5)), "storage");
    writer.close();
    writer.close();
    const again = disk.open(file, "update");
    assert.equal(again.size(), 8);
    assert.equal(again.append(filled(1, 68)), 8);
    again.close();
    assert.equal(fs.statSync(file).mode & 0o777, 0o640);
    assert.equal(text(disk.read(file)), "AAAAABBCD");
  });

  it("folders are made outermost first, listed by name, and absent ones are empty", () => {
    const top = fresh("top");
    const deep = path.join(top, "b", "c");
    assert.deepEqual(disk.makeFolder(deep), [top, path.join(top, "b"), deep]);
    assert.deepEqual(disk.makeFolder(deep), []);
    disk.open(path.join(top, "a"), "create").close();
    assert.deepEqual(disk.list(top), [{ name: "a", isFolder: false }, { name: "b", isFolder: true }]);
    assert.deepEqual(disk.list(fresh()), []);
    assert.equal(disk.stat(fresh()), undefined);
    assert.equal(disk.stat(top)?.isFolder, true);
    disk.remove(fresh());
    assert.ok(disk.freeBytes(folder) > 0);
  });

  it("a stream gives the file's bytes in order and frees it when it is cancelled", async () => {
    const file = fresh();
    fs.writeFileSync(file, Buffer.concat([filled(1 << 20, 1), filled(1 << 20, 2), filled(10, 3)]));
    const sizes: number[] = [];
    for await (const chunk of disk.stream(file)) sizes.push(chunk[0]! * 10 + (chunk.length === 10 ? 1 : 0));
    assert.deepEqual(sizes, [10, 20, 31]);
    const reader = disk.stream(file).getReader();
    await reader.read();
    await reader.cancel();
    assert.equal(codeOf(() => disk.stream(fresh())), "ENOENT");
  });
});

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function sayings(outcome: Outcome): { steps: string[]; size: number; onDisk: number } {
  assert.equal(outcome.code, 0, `${outcome.code} ${outcome.signal} ${outcome.err}`);
  return JSON.parse(outcome.out.toString());
}

function mountSmall(at: string, options = ""): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  fs.mkdirSync(at);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `${options}size=1m`, "tmpfs", at], { stdio: "ignore" });
    return at;
  } catch {
    return undefined;
  }
}

let isTraceable: boolean | undefined;
function canTrace(): boolean {
  if (isTraceable !== undefined) return isTraceable;
  try {
    if (hasCommand("strace")) execFileSync("strace", ["-f", "-qq", "-o", "/dev/null", "true"], { stdio: "ignore" });
    isTraceable = hasCommand("strace");
  } catch {
    isTraceable = false;
  }
  return isTraceable;
}

/** The command that holds the lock under the runtime we are not in. */
function otherRuntime(file: string): string[][] {
  const program = programCommand("lock_holder", [file]).slice(-2);
  const bin = path.join("node_modules", ".bin", isDeno ? "bun" : "deno");
  if (!fs.existsSync(bin)) return [];
  return [isDeno ? [bin, ...program] : [bin, "run", "-A", "--no-check", ...program]];
}
