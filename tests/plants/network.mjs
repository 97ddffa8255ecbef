/** Bugs between the socket and the path. `k` is the plant's number; `test` and `name` the cheapest test that must fail, `fails` what it must say. */
export default [
  {
    k: 2,
    bug: "doubles one event per rotation",
    edits: [{
      file: "src/agora/router.ts",
      text: "    feed.isResolved = true;\n",
      instead: '    feed.isResolved = true;\n    if (outcome === "proven") this.#publisher.publish([this.#publisher.last!]);\n',
    }],
    test: "tests/agora/router.test.ts",
    name: "a chain of a hundred replacements",
    fails: /AssertionError/,
  },
  {
    k: 4,
    bug: "takes only the first event of an array",
    edits: [{ file: "src/network/worker.ts", text: "    bound.publish(events);", instead: "    bound.publish(events.slice(0, 1));" }],
    test: "tests/network/worker.test.ts",
    name: "every event of a frame",
    fails: /AssertionError/,
  },
  {
    k: 15,
    bug: "waits for onclose",
    edits: [{
      file: "src/runtime/live_sockets.ts",
      text: 'this.#end({ cause: "stalled", detail: `nothing received for ${Math.round(this.#silentMs)} ms` });',
      instead: "this.#wire?.terminate();",
    }],
    test: "tests/sim/world/sockets.test.ts",
    name: "half-open",
    fails: /AssertionError|not within/,
  },
  {
    k: 16,
    bug: "a heartbeat counts as data",
    edits: [
      {
        file: "src/runtime/live_sockets.ts",
        text: "heard: () => this.#wasHeard = true,",
        instead: `heard: () => {
          this.#wasHeard = true;
          this.#handler.frame('{"result":null,"id":0}');
        },`,
      },
      {
        file: "src/network/worker.ts",
        text: '      case "ack":\n',
        instead:
          '      case "ack":\n        this.#lastDataMs = this.#runtime.clock.monotonicMs();\n        this.#pulse.heard(SOCKET, this.#lastDataMs);\n',
      },
    ],
    test: "tests/simulation/silence.test.ts",
    name: "a lively socket that answers pings and brings nothing",
    fails: /AssertionError/,
  },
  {
    k: 17,
    bug: "deduplicates by payload",
    edits: [
      {
        file: "src/agora/rising_join.ts",
        text: "    if (key <= this.#position) return this.#owner.duplicate(event);",
        instead: `    const text = JSON.stringify({ ...event, recvTime: 0, eventTime: 0, updateId: 0 });
    if (key <= this.#position || text === this.lastText) return this.#owner.duplicate(event);
    this.lastText = text;`,
      },
      { file: "src/agora/rising_join.ts", text: "  #position: number;", instead: '  lastText = "";\n  #position: number;' },
    ],
    test: "tests/simulation/rotations.test.ts",
    name: "workers replaced every two seconds",
    env: { SEED: "5" },
    fails: /arrived and was not published|the path's number/,
  },
  {
    k: 18,
    bug: "hides the gap row",
    edits: [{
      file: "src/network/holes.ts",
      text: "    this.#deps.chronicle.gap(symbol,",
      instead: '    if (row.reason === "start") this.#deps.chronicle.gap(symbol,',
    }],
    test: "tests/simulation/own_rows.test.ts",
    name: "every hole in a numbered stream",
    env: { SEED: "1" },
    fails: /AssertionError/,
  },
  {
    k: 19,
    bug: "hands a stale value to a late subscriber",
    edits: [{
      file: "src/agora/path_node.ts",
      text: "        this.last = event;",
      instead: "        this.last ??= event;",
    }],
    test: "tests/agora/agora.test.ts",
    name: "a subscriber gets the current value",
    fails: /AssertionError|Property failed/,
  },
  {
    k: 20,
    bug: "a time-out on the wall clock",
    edits: [
      {
        file: "src/network/worker.ts",
        text: "    this.#lastDataMs = this.#runtime.clock.monotonicMs();\n    this.#cadence.heard(stream, this.#lastDataMs);",
        instead: "    this.#lastDataMs = this.#runtime.clock.wallTime() / 1_000;\n    this.#cadence.heard(stream, this.#lastDataMs);",
      },
      {
        file: "src/network/worker.ts",
        text: "    const nowMs = this.#runtime.clock.monotonicMs();\n    const ageMs",
        instead: "    const nowMs = this.#runtime.clock.wallTime() / 1_000;\n    const ageMs",
      },
    ],
    test: "tests/simulation/clock.test.ts",
    name: "a wall clock that is set",
    fails: /AssertionError/,
  },
  {
    k: 23,
    bug: "unbounded subscriber queue",
    edits: [{
      file: "src/agora/subscription.ts",
      text: "    if (this.#queued >= this.#limit && !this.#makeRoom(node.path)) return;\n",
      instead: "",
    }],
    test: "tests/agora/agora.test.ts",
    name: "a stalled lossless subscriber fails loudly",
    fails: /AssertionError|Missing expected rejection|timed out/,
  },
  {
    k: 25,
    bug: "a gap row without its left edge",
    edits: [{
      file: "src/network/holes.ts",
      text: "const row = { dataType: type.name, afterId, beforeId,",
      instead: "const row = { dataType: type.name, afterId: undefined, beforeId,",
    }],
    test: "tests/simulation/own_rows.test.ts",
    name: "every hole in a numbered stream",
    env: { SEED: "1" },
    fails: /AssertionError/,
  },
  {
    k: 26,
    bug: "heals twice",
    edits: [{
      file: "src/network/healer.ts",
      text: "          hole.fill(events);\n",
      instead: "          hole.fill(events);\n          hole.fill(events);\n",
    }],
    test: "tests/simulation/own_rows.test.ts",
    name: "every hole in a numbered stream",
    env: { SEED: "1" },
    fails: /AssertionError/,
  },
  {
    k: 27,
    bug: "marks a resnapshot without a snapshot",
    edits: [{ file: "src/network/book_anchors.ts", text: "    book.fill([event]);\n", instead: "    void event;\n" }],
    test: "tests/simulation/books.test.ts",
    name: "a hole of one symbol fetches",
    fails: /AssertionError/,
  },
  {
    k: 28,
    bug: "a rotation ends the old worker before the join",
    edits: [{
      file: "src/network/seat.ts",
      text: "    this.#candidate = worker;\n",
      instead:
        "    this.#candidate = worker;\n    const early = this.#worker;\n    this.#worker = undefined;\n    early?.[Symbol.dispose]();\n",
    }],
    test: "tests/simulation/rotations.test.ts",
    name: "workers replaced every two seconds",
    env: { SEED: "1" },
    fails: /arrived and was not published|is missing/,
  },
  {
    k: 29,
    bug: "believes an empty universe",
    edits: [{
      file: "src/network/dispatcher.ts",
      text: 'if (instruments.length === 0) throw new Error("the venue\'s universe is empty");',
      instead: "",
    }],
    test: "tests/simulation/universe.test.ts",
    name: "an empty list of symbols",
    fails: /AssertionError/,
  },
  {
    k: 33,
    bug: "subscribes without a pace",
    edits: [{ file: "src/network/frame_pacer.ts", text: "    if (this.#wait === undefined) this.#next();", instead: "    this.#next();" }],
    test: "tests/simulation/cold_starts.test.ts",
    name: "a cold start of 1,024 streams",
    env: { SEED: "3" },
    fails: /Too many requests|AssertionError/,
  },
  {
    k: 34,
    bug: "opens sockets without the venue's budget",
    edits: [{ file: "src/network/seat.ts", text: "    await budget.acquire(signal);\n", instead: "    void budget;\n" }],
    test: "tests/simulation/cold_starts.test.ts",
    name: "more sockets than the venue lets in",
    fails: /Too many connections|AssertionError/,
  },
  {
    k: 35,
    bug: "the last turn before the drain is thrown away",
    edits: [{
      file: "src/agora/subscription.ts",
      text: "    for (const run of this.#runs.splice(0)) this.#controller?.enqueue(batchOf(run));\n",
      instead: "    this.#runs.splice(0);\n",
    }],
    test: "tests/processing/storage/storage_handler.test.ts",
    name: "takes what a subscription still holds",
    fails: /AssertionError/,
  },
  {
    k: 36,
    bug: "a ban of REST is not waited for",
    edits: [{
      file: "src/network/rest_budget.ts",
      text: "Math.max(this.#pausedUntilMs, this.#runtime.clock.monotonicMs() + ms);",
      instead: "Math.max(this.#pausedUntilMs, this.#runtime.clock.monotonicMs() + ms / 10);",
    }],
    test: "tests/simulation/bans.test.ts",
    name: "429 with a time to wait",
    fails: /AssertionError/,
  },
  {
    k: 37,
    bug: "a frame that cannot be read is thrown away",
    edits: [{
      file: "src/network/worker.ts",
      text: "        return this.#keepFrame({ source: this.#source.id, reason: decoded.error.reason, recvTime, text });",
      instead: "        return;",
    }],
    test: "tests/network/worker.test.ts",
    name: "damaged frames",
    fails: /AssertionError/,
  },
  {
    k: 43,
    bug: "what was fetched later is the current value",
    edits: [{
      file: "src/agora/router.ts",
      text: "    this.#publisher.publishPast(events);",
      instead: "    this.#publisher.publish(events);",
    }],
    test: "tests/simulation/own_rows.test.ts",
    name: "every hole in a numbered stream",
    env: { SEED: "1" },
    fails: /the current value is an old one|AssertionError/,
  },
];
