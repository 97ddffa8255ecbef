/** Bugs between a recorder that leaves and the one that goes on. The keys are those of network.mjs. */
const TEST = "tests/simulation/takeover_seeds.test.ts";
const UNDER_LOAD = "recorders that take over from each other";

export default [
  {
    k: 100,
    bug: "goes on without asking where the other one stopped",
    edits: [{
      file: "src/network/dispatcher.ts",
      text: "this.#routerOf(this.#bindings.get(path)!, left?.last, undefined);",
      instead: "this.#routerOf(this.#bindings.get(path)!, undefined, undefined);",
    }],
    test: TEST,
    name: UNDER_LOAD,
    env: { SEED: "1" },
    fails: /I3|I6/,
  },
  {
    k: 101,
    bug: "forgets what its sockets brought before the other one had stopped",
    edits: [{
      file: "src/agora/standby_path.ts",
      text: "const events = feed.events.filter(isNew);",
      instead: "const events = feed.events.filter(isNew).slice(feed.events.length);",
    }],
    test: TEST,
    name: UNDER_LOAD,
    env: { SEED: "1" },
    fails: /AssertionError/,
  },
  {
    k: 102,
    bug: "says where it stopped before that is durable",
    edits: [{
      file: "src/app/recording.ts",
      text: "if (isJournalled) void this.#journal.commit(DRAIN_MS).then((isDurable) => isDurable ? tell() : undefined);",
      instead: "tell();",
    }],
    test: TEST,
    name: "killed that very moment",
    fails: /I4/,
  },
  {
    k: 103,
    bug: "stops for one that is gone",
    edits: [{
      file: "src/app/takeover/door.ts",
      text: "const lock = disk.lock(this.#file);",
      instead: 'const lock = text === "half a requ" ? disk.lock(this.#file) : undefined;',
    }],
    test: TEST,
    name: "with nobody there",
    fails: /AssertionError/,
  },
  {
    k: 104,
    bug: "may give up and be let in at the same time",
    edits: [{
      file: "src/app/takeover/request.ts",
      text: 'const file = this.#disk.open(this.#name("settled"), "create");',
      instead: 'const file = this.#disk.open(this.#name(how), "create");',
    }],
    test: "tests/app/takeover.test.ts",
    name: "accepted or taken back",
    fails: /AssertionError/,
  },
  {
    k: 105,
    bug: "keeps no more than a few seconds while it waits for the other one's word",
    edits: [{ file: "src/agora/standby_path.ts", text: "const KEPT_US = 150_000_000;", instead: "const KEPT_US = 10_000_000;" }],
    test: TEST,
    name: "hangs for half a minute",
    fails: /I4/,
  },
];
