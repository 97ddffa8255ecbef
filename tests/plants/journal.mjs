/** Bugs of the journal. `k` is the plant's number; `test` and `name` the cheapest test that must fail, `fails` what it must say. */
export default [
  {
    k: 80,
    bug: "calls a record durable without an fsync",
    edits: [{ file: "src/processing/journal/segment_writer.ts", text: "      file.sync();\n", instead: "" }],
    test: "tests/crash/every_operation.test.ts",
    name: "a power cut at any moment",
    fails: /AssertionError/,
  },
  {
    k: 81,
    bug: "a segment goes with the first of its chunks",
    edits: [{
      file: "src/processing/journal/segment_ledger.ts",
      text: "this.#chunksOf.get(segment)?.delete(chunk);",
      instead: "this.#chunksOf.get(segment)?.clear();",
    }],
    test: "tests/processing/journal/segment_ledger.test.ts",
    fails: /AssertionError|Property failed/,
  },
  {
    k: 82,
    bug: "a recovery adds rows that are in the day file again",
    edits: [{
      file: "src/processing/journal/coverage.ts",
      text: '?.has(chunk.hash, chunk.chunk)) return "day file";',
      instead: '?.has(chunk.hash, chunk.chunk)) return "journal";',
    }, {
      // The watermark would hold it back, so it numbers the chunk anew too.
      file: "src/processing/journal/recovery.ts",
      text: "this.#options.accept(known.path, known.hash, known.chunk, table);",
      instead: "this.#options.accept(known.path, known.hash, known.chunk + 100, table);",
    }],
    test: "tests/crash/every_operation.test.ts",
    name: "killed again at any operation of its recovery",
    fails: /AssertionError/,
  },
  {
    k: 83,
    bug: "a recovery writes what was written twice twice",
    edits: [{
      file: "src/processing/journal/assembled.ts",
      text: "from: Math.max(0, end - first) });",
      instead: "from: 0 });",
    }],
    test: "tests/processing/journal/assembled.test.ts",
    fails: /AssertionError|Property failed/,
  },
];
