/** Bugs between the path, the files, and whoever asks. `k` is the plant's number; `test` and `name` the cheapest test that must fail. */
const FEED = "src/processing/gateway/client_feed.ts";

export default [
  {
    k: 70,
    bug: "numbers a client's current value one too high",
    edits: [{
      file: FEED,
      text: "const seq = base + node.seq;",
      instead: "const seq = base + node.seq + (toldSeq === undefined ? 1 : 0);",
    }],
    test: "tests/processing/gateway/client_feed.test.ts",
    name: "steps without number",
    fails: /AssertionError/,
  },
  {
    k: 71,
    bug: "drops a slow client's events in silence",
    edits: [{
      file: FEED,
      text: "seq > route.toldSeq + 1) this.#addLag(add, route, seq - 1);",
      instead: "seq > route.toldSeq + 1) route.toldSeq = seq - 1;",
    }],
    test: "tests/processing/gateway/client_feed.test.ts",
    name: "tells what was lost",
    fails: /AssertionError/,
  },
  {
    k: 72,
    bug: "takes an Origin that only begins with ours",
    edits: [{
      file: "src/processing/gateway/doorkeeper.ts",
      text: "return this.#origins.has(name) ||",
      instead: "return [...this.#origins].some((own) => name.startsWith(own)) ||",
    }],
    test: "tests/processing/gateway/security.test.ts",
    name: "takes its own names as Host",
    fails: /AssertionError/,
  },
  {
    k: 73,
    bug: "answers with rows of memory that are in the day file already",
    edits: [{
      file: "src/processing/pts/stream_view.ts",
      text: "day?.watermark.has(each.chunk.hash, each.chunk.chunk) !== true",
      instead: "day !== null",
    }],
    test: "tests/processing/pts/stream_view.test.ts",
    name: "a row that moves",
    fails: /AssertionError/,
  },
  {
    k: 74,
    bug: "calls an answer complete once its hole was looked at",
    edits: [{
      file: "src/processing/pts/coverage.ts",
      text: 'outcome !== "healed" || recvTime > to',
      instead: 'outcome === "open"',
    }],
    test: "tests/simulation/point_in_time_gaps.test.ts",
    name: "an answer inside a hole",
    env: { SEED: "1" },
    fails: /AssertionError/,
  },
  {
    k: 75,
    bug: "leaves out a gap row about a path while its client is slow",
    edits: [{
      file: FEED,
      text: "    this.#queue.push({ route, type: GAP,",
      instead: "    if (this.#isAsleep) return;\n    this.#queue.push({ route, type: GAP,",
    }],
    test: "tests/processing/gateway/client_feed.test.ts",
    name: "a hole is told between",
    fails: /AssertionError/,
  },
  {
    k: 76,
    bug: "goes on from a book of a later moment",
    edits: [{
      file: "src/processing/pts/kept_books.ts",
      text: "resting.maxTime <= at",
      instead: "resting.row > 0",
    }],
    test: "tests/processing/pts/book.test.ts",
    name: "whatever was asked before and kept",
    fails: /AssertionError/,
  },
  {
    k: 110,
    bug: "forgets a client whose queue went with the path it left",
    edits: [{
      file: FEED,
      text: "if (this.isEmpty) this.#isReady = this.#isAsleep = false; // nobody takes",
      instead: "// nobody takes",
    }],
    test: "tests/processing/gateway/client_feed.test.ts",
    name: "who leaves a path",
    fails: /AssertionError/,
  },
  {
    k: 112,
    bug: "holds all patterns of a client against all paths in one go",
    edits: [{
      file: "src/processing/gateway/stream_session.ts",
      text: "while (this.#isAsking() && this.#context.runtime.clock.monotonicMs() < untilMs)",
      instead: "while (this.#isAsking())",
    }],
    test: "tests/processing/gateway/security.test.ts",
    name: "a flood of patterns",
    fails: /AssertionError/,
  },
];
