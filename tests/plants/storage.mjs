/** Bugs of storage. `k` is the plant's number; `test` and `name` the cheapest test that must fail, `fails` what it must say. */
export default [
  {
    k: 1,
    bug: "drops a single event of a run",
    edits: [{
      file: "src/processing/storage/storage_handler.ts",
      text: "    this.#bytesBuffered += buffer.table.append(event);",
      instead: "    if (this.#rows === 777) return void this.#rows++;\n    this.#bytesBuffered += buffer.table.append(event);",
    }],
    test: "tests/simulation/recorder.test.ts",
    name: "every event that arrived",
    env: { SEED: "3" },
    fails: /I4: [12]\b/,
  },
  {
    k: 3,
    bug: "swaps neighbours of a path",
    edits: [{
      file: "src/processing/storage/storage_handler.ts",
      text: "  event(_node: PathNode, event: EventBase): void {\n    this.#append(this, event as T);",
      instead: `  held: T | undefined;
  event(_node: PathNode, event: EventBase): void {
    if (this.held === undefined) return void (this.held = event as T);
    this.#append(this, event as T);
    this.#append(this, this.held);
    this.held = undefined;`,
    }],
    test: "tests/simulation/recorder.test.ts",
    name: "every event that arrived",
    env: { SEED: "3" },
    fails: /I6: \d/,
  },
  {
    k: 5,
    bug: "loses the last row of a flush",
    edits: [{
      file: "src/processing/storage/storage_handler.ts",
      text: "    this.#sink.put(path, chunks + 1, sealed, before);",
      instead: `    const short = (column: import("./table.ts").SealedColumn): import("./table.ts").SealedColumn =>
      column.kind === "texts" ? { ...column, codes: column.codes.slice(0, -1) }
      : column.kind === "levels" ? { ...column, counts: column.counts.slice(0, -1) }
      : { ...column, values: column.values.slice(0, -1) } as typeof column;
    this.#sink.put(path, chunks + 1, rows < 2 ? sealed : { rows: rows - 1, columns: sealed.columns.map(short) }, before);`,
    }],
    test: "tests/processing/storage/storage_handler.test.ts",
    name: "a burst is sealed without waiting",
    fails: /deep-?equal|AssertionError/i,
  },
  {
    k: 6,
    bug: "the row at 00:00:00.000000 in two files",
    edits: [{
      file: "src/processing/storage/storage_handler.ts",
      text: "    this.#turnDay(buffer, event.recvTime);",
      instead: "    if (event.recvTime % US_PER_DAY === 0) buffer.table.append(event);\n    this.#turnDay(buffer, event.recvTime);",
    }],
    test: "tests/processing/storage/storage_handler.test.ts",
    name: "one microsecond before midnight",
    fails: /deep-?equal|AssertionError/i,
  },
  {
    k: 9,
    bug: "no fsync of the file",
    edits: [{ file: "src/processing/storage/files.ts", text: "    file.sync();\n", instead: "" }],
    test: "tests/simulation/recorder.test.ts",
    name: "a power cut takes nothing from a day file",
    fails: /was changed by the power cut|is gone/,
  },
  {
    k: 10,
    bug: "no fsync of the folder",
    edits: [{
      file: "src/processing/storage/files.ts",
      text: "  disk.rename(temporary, target);\n  disk.syncFolder(folderOf(target));\n",
      instead: "  disk.rename(temporary, target);\n",
    }],
    test: "tests/simulation/recorder.test.ts",
    name: "a power cut takes nothing from a day file",
    fails: /was changed by the power cut|is gone/,
  },
  {
    k: 11,
    bug: "ignores a short write",
    edits: [{
      file: "src/runtime/node_disk_file.ts",
      text: `throw this.#failure("append to", "The write made no progress.");\n          done += count;`,
      instead: `throw this.#failure("append to", "The write made no progress.");\n          done = bytes.length;`,
    }],
    test: "tests/runtime/disk.test.ts",
    name: "RT27",
    fails: /AssertionError|Expected/,
  },
  {
    k: 12,
    bug: "deletes the chunk before the day file is written",
    edits: [{
      file: "src/processing/storage/flush_handler.ts",
      text: "      const rows = this.#dayFiles.add(",
      instead:
        "      for (const chunk of chunks) this.#world.disk.remove(chunkPath(dataPath, { path, hash, chunk }));\n      const rows = this.#dayFiles.add(",
    }],
    test: "tests/processing/storage/flush_handler.test.ts",
    name: "a failed operation anywhere keeps the rows",
    fails: /AssertionError|deep-?equal|Cannot read back/i,
  },
  {
    k: 13,
    bug: "merging a chunk again doubles it",
    edits: [{
      file: "src/processing/storage/day_files.ts",
      text: "chunks.filter((chunk) => !end.watermark.has(hash, chunk));",
      instead: "[...chunks];",
    }],
    test: "tests/processing/storage/flush_handler.test.ts",
    name: "merging a chunk twice adds nothing",
    fails: /AssertionError|deep-?equal|Cannot read back/i,
  },
  {
    k: 14,
    bug: "a FileSink instead of the write loop",
    edits: [{
      file: "src/runtime/node_disk_file.ts",
      text:
        "        for (let done = 0; done < bytes.length;) {\n          const count = fs.writeSync(this.#fd, bytes, done, bytes.length - done, begin + done);",
      instead:
        `        const sink = (globalThis as unknown as { Bun: { file(fd: number): { writer(): { write(b: Uint8Array): number; flush(): unknown } } } }).Bun
          .file(this.#fd).writer();
        for (let done = 0; done < bytes.length;) {
          const count = sink.write(bytes);
          sink.flush();`,
    }],
    test: "tests/runtime/disk.test.ts",
    name: "RT26 an append on a full disk",
    fails: /AssertionError|Missing expected exception|ENOSPC/i,
  },
  {
    k: 24,
    bug: "repair cuts a valid tail",
    edits: [{
      file: "src/processing/storage/mend.ts",
      text:
        "  const end = fileEnd(world, file, size, known);\n  if (end !== undefined) return { end, cutBytes: 0 };\n  const found = lastWholeEnd(world, file, size);",
      instead: "  const found = lastWholeEnd(world, file, size - 1);",
    }, {
      file: "src/processing/storage/mend.ts",
      text: "  if (!isTornAppend(",
      instead: "  if (size < 0 && !isTornAppend(",
    }],
    test: "tests/processing/storage/flush_handler.test.ts",
    name: "a restart on the same day adds to the day file",
    fails: /AssertionError|deep-?equal|Cannot read back/i,
  },
  {
    k: 30,
    bug: "a restart on the same day begins the day file anew",
    edits: [{
      file: "src/processing/storage/day_files.ts",
      text: "if (this.#world.disk.exists(target)) {",
      instead: "if (this.#world.disk.exists(`${target}?`)) {",
    }],
    test: "tests/processing/storage/flush_handler.test.ts",
    name: "a restart on the same day adds to the day file",
    fails: /AssertionError|deep-?equal|Cannot read back/i,
  },
  {
    k: 31,
    bug: "an append forgets what was merged before it",
    edits: [{
      file: "src/processing/storage/day_files.ts",
      text: "const watermark = end.watermark.with(hash, fresh);",
      instead: "const watermark = Watermark.empty().with(hash, fresh);",
    }],
    test: "tests/processing/storage/flush_handler.test.ts",
    name: "merging a chunk again after later ones",
    fails: /AssertionError|deep-?equal|Cannot read back/i,
  },
  {
    k: 60,
    bug: "a compaction drops one group more than it took in",
    edits: [{
      file: "src/processing/storage/day_files.ts",
      text: "path, whole, watermark, folded));",
      instead: "path, whole, watermark, folded > 0 ? folded + 1 : 0));",
    }],
    test: "tests/processing/storage/compaction_faults.test.ts",
    name: "killed at any operation on a file compacted",
    fails: /AssertionError|deep-?equal|Cannot read back/i,
  },
  {
    k: 61,
    bug: "a rolled file takes the day file's place before it is synced",
    edits: [{ file: "src/processing/storage/day_roll.ts", text: "    this.#out!.sync();\n", instead: "" }],
    test: "tests/processing/storage/compaction_faults.test.ts",
    name: "without power at any operation on a file compacted",
    fails: /AssertionError|no whole end/i,
  },
  {
    k: 32,
    bug: "rows leave memory although the disk refused them",
    edits: [{
      file: "src/processing/storage/storage_service.ts",
      text: "    held.isRefused = true;",
      instead: "    this.#held.delete(keyOf(id));\n    this.#heldBytes -= bytesOf(held.table);\n    held.isRefused = true;",
    }],
    test: "tests/simulation/recorder.test.ts",
    name: "a disk that refuses for ten seconds",
    fails: /I4: \d/,
  },
  {
    k: 41,
    bug: "believes a footer whose rows never reached the disk",
    edits: [{
      file: "src/processing/storage/day_file.ts",
      text: "      !isAppendWhole(world, file, keyValues, from)\n",
      instead: "      (false && !isAppendWhole(world, file, keyValues, from))\n",
    }],
    test: "tests/processing/storage/flush_handler.test.ts",
    name: "a footer on disk whose rows never got there",
    fails: /AssertionError|page header/,
  },
  {
    k: 42,
    bug: "does not look for what a dead process left",
    edits: [{
      file: "src/processing/storage/flush_handler.ts",
      text: "          if (chunk !== undefined) {",
      instead: "          if (chunk !== undefined && chunk > 1e9) {",
    }],
    test: "tests/processing/storage/flush_handler.test.ts",
    name: "a restart on the same day adds to the day file",
    fails: /AssertionError/,
  },
  {
    k: 44,
    bug: "names a generation by a clock that was set back",
    edits: [{
      file: "src/app/recording.ts",
      text: "newGeneration(generationTime(disk, dataPath, clock.wallTime()), ",
      instead: "newGeneration(clock.wallTime() + Math.min(0, generationTime(disk, dataPath, 1)), ",
    }],
    test: "tests/simulation/recorder.test.ts",
    name: "set back puts its rows behind",
    env: { SEED: "70" },
    fails: /I6: \d/,
  },
];
