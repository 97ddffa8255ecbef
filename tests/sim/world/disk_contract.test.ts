import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Disk } from "../../../src/runtime/runtime.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { bytes, codeOf, real, text, worldOf } from "./support.ts";

/** The same assertions against the real disk and the virtual one: what a recorder in the world sees is what it will see. */
const DISKS: readonly { readonly name: string; readonly disk: Disk; readonly folder: string }[] = [
  { name: "the real disk", disk: real.disk, folder: tempFolder("contract") },
  { name: "a virtual disk", disk: worldOf().runtime("a").disk, folder: "/some/folder" },
];
let names = 0;

for (const { name, disk, folder } of DISKS) {
  const fresh = () => `${folder}/f${names++}`;
  const write = (path: string, content: string) => {
    const file = disk.open(path, "create");
    file.append(bytes(content));
    file.close();
    return path;
  };
  disk.makeFolder(folder);

  describe(name, () => {
    it("gives back what was appended, at the offset it told", () => {
      const path = fresh();
      const file = disk.open(path, "create");
      assert.equal(file.append(bytes("hello")), 0);
      assert.equal(file.append(bytes(" world")), 5);
      assert.equal(file.append(new Uint8Array(0)), 11);
      assert.equal(file.size(), 11);
      assert.equal(text(file.readAt(4, 3)), "o w");
      assert.equal(codeOf(() => file.readAt(10, 2)), "storage");
      assert.equal(codeOf(() => file.readAt(100, 1)), "storage");
      file.sync();
      file.close();
      file.close();
      assert.equal(codeOf(() => file.append(bytes("x"))), "EBADF");
      assert.equal(text(disk.read(path)), "hello world");
      const copy = disk.read(path);
      copy[0] = 0;
      assert.equal(text(disk.read(path)), "hello world");
    });

    it("truncates, and goes on from there, under a second name for the same path too", () => {
      const path = write(fresh(), "0123456789");
      const file = disk.open(path.replace("/f", "/./f"), "update");
      assert.equal(file.size(), 10);
      file.truncate(4);
      assert.equal(file.append(bytes("ab")), 4);
      file.truncate(8);
      file.close();
      assert.deepEqual([...disk.read(path)], [...bytes("0123ab"), 0, 0]);
    });

    it("opens for reading only where asked to", () => {
      const file = disk.open(write(fresh(), "abc"), "read");
      assert.equal(text(file.readAt(0, 3)), "abc");
      file.close();
      const misused = disk.open(write(fresh(), "abc"), "read");
      assert.equal(codeOf(() => misused.append(bytes("x"))), "EBADF");
      codeOf(() => misused.close()); // the real disk says once more what went wrong
    });

    it("names what is wrong as the system does", () => {
      const file = write(fresh(), "");
      const full = disk.makeFolder(fresh())[0]!;
      write(`${full}/in`, "");
      assert.equal(codeOf(() => disk.open(file, "create")), "EEXIST");
      assert.equal(codeOf(() => disk.open(fresh(), "update")), "ENOENT");
      assert.equal(codeOf(() => disk.open(fresh(), "read")), "ENOENT");
      assert.equal(codeOf(() => disk.open(`${fresh()}/x`, "create")), "ENOENT");
      assert.equal(codeOf(() => disk.open(`${file}/x`, "create")), "ENOTDIR");
      assert.equal(codeOf(() => disk.open(full, "update")), "EISDIR");
      assert.equal(codeOf(() => disk.open(full, "create")), "EEXIST");
      assert.equal(codeOf(() => disk.open(`${folder}/${"n".repeat(256)}`, "create")), "ENAMETOOLONG");
      assert.equal(codeOf(() => disk.open(`${folder}/${"é".repeat(128)}`, "create")), "ENAMETOOLONG");
      assert.equal(codeOf(() => disk.read(fresh())), "ENOENT");
      assert.equal(codeOf(() => disk.read(full)), "EISDIR");
      assert.equal(codeOf(() => disk.list(file)), "ENOTDIR");
      assert.equal(codeOf(() => disk.makeFolder(file)), "EEXIST");
      assert.equal(codeOf(() => disk.makeFolder(`${file}/below`)), "ENOTDIR");
      assert.equal(codeOf(() => disk.rename(fresh(), fresh())), "ENOENT");
      assert.equal(codeOf(() => disk.rename(file, full)), "EISDIR");
      assert.equal(codeOf(() => disk.rename(full, file)), "ENOTDIR");
      assert.equal(codeOf(() => disk.removeFolder(full)), "ENOTEMPTY");
      assert.equal(codeOf(() => disk.removeFolder(file)), "ENOTDIR");
      assert.equal(codeOf(() => disk.removeFolder(fresh())), "ENOENT");
      assert.equal(codeOf(() => disk.syncFolder(fresh())), "ENOENT");
      assert.equal(codeOf(() => disk.freeBytes(fresh())), "ENOENT");
      assert.equal(codeOf(() => disk.lock(full)), "EISDIR");
      assert.notEqual(codeOf(() => disk.remove(full)), "nothing thrown"); // the code differs between the runtimes
    });

    it("makes folders outermost first, lists by name, and takes absent things lightly", () => {
      const top = fresh();
      assert.deepEqual(disk.makeFolder(`${top}/b/c`), [top, `${top}/b`, `${top}/b/c`]);
      assert.deepEqual(disk.makeFolder(`${top}/b/c`), []);
      assert.deepEqual(disk.makeFolder(`${top}/b/../d`), [`${top}/d`]);
      for (const each of ["Z", "a", "é", "10", "9"]) write(`${top}/${each}`, "");
      assert.deepEqual(disk.list(top).map((entry) => `${entry.name}${entry.isFolder ? "/" : ""}`), ["10", "9", "Z", "a", "b/", "d/", "é"]);
      assert.deepEqual(disk.list(fresh()), []);
      assert.equal(disk.stat(fresh()), undefined);
      assert.equal(disk.exists(fresh()), false);
      assert.equal(disk.exists(`${top}/a/x`), false);
      assert.equal(disk.exists(top), true);
      disk.remove(fresh());
      disk.removeFolder(`${top}/b/c`);
      assert.deepEqual(disk.list(`${top}/b`), []);
      assert.ok(disk.freeBytes(top) > 0);
    });

    it("tells size, kind, identity and time of change", () => {
      const [one, two] = [write(fresh(), "12345"), write(fresh(), "")];
      const stat = disk.stat(one)!;
      assert.equal(stat.bytes, 5);
      assert.equal(stat.isFolder, false);
      assert.notEqual(stat.inode, disk.stat(two)!.inode);
      assert.ok(stat.modifiedTime > 1_600_000_000_000_000);
      assert.equal(disk.stat(folder)!.isFolder, true);
      disk.rename(one, two);
      assert.equal(disk.stat(two)!.inode, stat.inode);
    });

    it("renames over an open file: its reader keeps the old bytes, a new one sees the new", () => {
      const [old, next] = [write(fresh(), "old"), write(fresh(), "new")];
      const reader = disk.open(old, "read");
      disk.rename(next, old);
      assert.equal(text(reader.readAt(0, 3)), "old");
      assert.equal(text(disk.read(old)), "new");
      assert.equal(disk.exists(next), false);
      reader.close();
      disk.rename(old, old);
      assert.equal(text(disk.read(old)), "new");
    });

    it("keeps a removed file for whoever has it open", () => {
      const path = write(fresh(), "there");
      const file = disk.open(path, "update");
      disk.remove(path);
      assert.equal(disk.exists(path), false);
      file.append(bytes(" still"));
      assert.equal(text(file.readAt(0, 11)), "there still");
      write(path, "another");
      file.close();
      assert.equal(text(disk.read(path)), "another");
    });

    it("moves folders with what is in them", () => {
      const [from, to] = [fresh(), fresh()];
      disk.makeFolder(`${from}/in`);
      write(`${from}/in/file`, "x");
      disk.rename(from, to);
      assert.equal(text(disk.read(`${to}/in/file`)), "x");
      assert.equal(codeOf(() => disk.rename(to, `${to}/in/deeper`)), "EINVAL");
    });

    it("locks once, also for itself, until release; the file and its text stay", () => {
      const path = fresh();
      const lock = disk.lock(path)!;
      lock.describe("a longer description");
      lock.describe("short");
      assert.equal(disk.lock(path), undefined);
      assert.equal(text(disk.read(path)), "short");
      lock.release();
      lock.release();
      const again = disk.lock(path);
      assert.notEqual(again, undefined);
      lock.release();
      assert.equal(disk.lock(path), undefined);
      again!.release();
      assert.equal(text(disk.read(path)), "short");
    });

    it("streams a file in order, and frees it when cancelled", async () => {
      const path = fresh();
      const file = disk.open(path, "create");
      for (const value of [1, 2, 3]) file.append(new Uint8Array(value === 3 ? 10 : 1 << 20).fill(value));
      file.close();
      const seen: [number, number][] = [];
      for await (const chunk of disk.stream(path)) seen.push([chunk[0]!, chunk.length]);
      assert.deepEqual(seen, [[1, 1 << 20], [2, 1 << 20], [3, 10]]);
      const reader = disk.stream(path).getReader();
      await reader.read();
      await reader.cancel();
      assert.equal(codeOf(() => disk.stream(fresh())), "ENOENT");
    });
  });
}
