/** Bugs in what stands around a recorder. `k` is the plant's number; `test` and `name` the cheapest test that must fail. */
export default [
  {
    k: 150,
    bug: "doctor asks a venue that wants to be left alone",
    edits: [{ file: "src/app/doctor/doctor.ts", text: "if (visit.pausedMs > 0) {", instead: "if (visit.pausedMs > Infinity) {" }],
    test: "tests/app/doctor.test.ts",
    name: "418 by REST",
    fails: /AssertionError|not within/,
  },
  {
    k: 151,
    bug: "doctor opens a socket after a 429",
    edits: [{
      file: "src/app/doctor/doctor.ts",
      text: "if (visit.pausedMs > 0 || signal.aborted) return;",
      instead: "if (signal.aborted) return;",
    }],
    test: "tests/app/doctor.test.ts",
    name: "429 by REST",
    fails: /AssertionError|not within/,
  },
  {
    k: 152,
    bug: "doctor takes any frame for one of every type",
    edits: [{
      file: "src/app/doctor/live_frames.ts",
      text: "const first = heard.first.get(type);",
      instead: "const first = heard.first.get(type) ?? [...heard.first.values()][0];",
    }],
    test: "tests/app/doctor.test.ts",
    name: "stays mute",
    fails: /AssertionError/,
  },
  {
    k: 153,
    bug: "a day's completeness counts holes that were filled",
    edits: [{
      file: "src/processing/pts/completeness.ts",
      text: 'outcome !== "healed" && missing !== 0',
      instead: "missing !== 0",
    }],
    test: "tests/simulation/completeness.test.ts",
    name: "how complete a day was",
    fails: /AssertionError/,
  },
];
