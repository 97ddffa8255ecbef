import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { argus as run } from "../support/argus_process.ts";

let folder = "";

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "argus-cli-"));
});
after(() => fs.rmSync(folder, { recursive: true }));

const argus = (args: readonly string[], env: Record<string, string> = {}) => run(args, { cwd: folder, env });

describe("the command line", () => {
  it("gives help with an example for every command", async () => {
    const overview = await argus(["--help"]);
    assert.equal(overview.code, 0);
    const names = [...overview.out.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}/gm)].map(([, name]) => name!);
    assert.deepEqual(names, [
      "record",
      "simulate",
      "import",
      "verify",
      "inspect",
      "journal check",
      "flush",
      "compact",
      "clean",
      "asof",
      "events",
      "replay",
      "tail",
      "top",
      "status",
      "doctor",
      "config init",
      "config check",
      "config show",
      "sources",
    ]);
    await Promise.all(names.map(async (name) => {
      const help = await argus([...name.split(" "), "--help"]);
      assert.equal(help.code, 0, help.err);
      assert.ok(help.out.includes("--json") && help.out.includes(`EXAMPLES`) && help.out.includes(`argus ${name}`), help.out);
      assert.ok(!help.out.includes("\u001b"), "colours into a pipe");
    }));
  });

  it("refuses what it does not know with 2, the nearest word, and nothing on standard output", async () => {
    const cases: [args: string[], says: RegExp][] = [
      [["recrod", "--source", "binance"], /unknown command "recrod"\. Did you mean record\?/],
      [["config", "chek"], /Did you mean config check\?/],
      [["--sorce", "binance"], /unknown flag --sorce\. Did you mean --source\?/],
      [["--constructor", "x"], /unknown flag --constructor/],
      [["--source"], /--source: needs a value/],
      [["--source", "binance", "--source", "okx"], /--source: given twice/],
      [["sources", "surplus"], /unexpected argument "surplus"/],
      [["--source", "binance", "--log-level", "loud"], /found "loud", expected error, warn, info, debug/],
      [["--source", "binance", "--duration", "soon"], /--duration: found "soon"/],
      [["simulate", "--port", "70000"], /--port: found "70000"/],
      [["compact", "yesterday", "--data-path", "."], /DAYS: found "yesterday", expected a UTC day such as/],
      [["clean", "--data-path", "absent"], /Cannot clean absent: no such folder/],
      [["inspect"], /Missing argument: FILE/],
      [["inspect", "absent.pq"], /no such file/],
      [["import", "--source", "binance", "absent.zst"], /no such file/],
      [[], /No source named/],
    ];
    await Promise.all(cases.map(async ([args, says]) => {
      const { code, out, err } = await argus(args);
      assert.equal(code, 2, `${args.join(" ")}: ${err}`);
      assert.match(err, says);
      assert.equal(out, "");
      assert.ok(!err.includes("    at "), "a stack");
    }));
  });

  it("shows a stack only at log level debug", async () => {
    const { code, err } = await argus(["inspect", "absent.pq", "--log-level", "debug"]);
    assert.equal(code, 2);
    assert.match(err, /^ {4}at /m);
  });

  it("prints machine-readable lines with --json, errors on standard error too", async () => {
    const sources = await argus(["sources", "--json"]);
    assert.equal(JSON.parse(sources.out.split("\n")[0]!).id, "binance");
    const shown = await argus(["config", "show", "--source", "binance", "--json"], { ARGUS_FLUSH_INTERVAL: "5s" });
    assert.deepEqual(JSON.parse(shown.out).values.flush_interval, { value: "5s", from: "environment ARGUS_FLUSH_INTERVAL" });
    const refused = await argus(["--json", "--nope"]);
    assert.deepEqual([refused.code, JSON.parse(refused.err).error.code], [2, 2]);
  });

  it("writes a configuration that checks, once, and never shows the token", async () => {
    assert.equal((await argus(["config", "init"])).code, 0);
    const text = fs.readFileSync(path.join(folder, "argus.toml"), "utf8");
    const again = await argus(["config", "init"]);
    assert.equal(again.code, 2);
    assert.equal(fs.readFileSync(path.join(folder, "argus.toml"), "utf8"), text);
    assert.match((await argus(["config", "check"])).out, /good\. Sources: binance/);
    const shown = await argus(["config", "show"], { ARGUS_GATEWAY__TOKEN: "hunter2" });
    assert.equal(shown.code, 0);
    assert.ok(!shown.out.includes("hunter2"));
  });
});
