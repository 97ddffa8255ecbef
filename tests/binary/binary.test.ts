import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { argus as run, BINARY, ROOT } from "../support/argus_process.ts";

const VERSION = (JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string }).version;
let folder = "";

describe("the binary", () => {
  before(() => {
    if (!isFresh()) {
      const build = spawnSync("node", ["scripts/run.mjs", "build"], { cwd: ROOT, encoding: "utf8", env: process.env });
      assert.equal(build.status, 0, `npm run build failed:\n${build.stdout}${build.stderr}`);
    }
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "argus-binary-"));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("RT36 runs in a foreign folder and in / and takes nothing from there", async () => {
    const marker = path.join(folder, "planted-code-ran");
    fs.writeFileSync(path.join(folder, "planted.ts"), `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "");`);
    fs.writeFileSync(path.join(folder, "bunfig.toml"), 'preload = ["./planted.ts"]\n');
    fs.writeFileSync(path.join(folder, ".env"), "ARGUS_FLUSH_INTERVAL=7s\nARGUS_NO_SUCH_KEY=1\n");
    for (const cwd of [folder, path.parse(folder).root]) {
      const version = await argus(["--version"], cwd);
      assert.deepEqual([version.code, version.out.trim()], [0, VERSION], version.err);
      const shown = await argus(["config", "show", "--source", "binance", "--json"], cwd);
      assert.equal(shown.code, 0, shown.err);
      assert.deepEqual(JSON.parse(shown.out).values.flush_interval, { value: "1m", from: "default" });
    }
    assert.ok(!fs.existsSync(marker));
  });

  it("RT36 finds every command and the storage thread inside itself", async () => {
    for (const name of ["record", "simulate", "import", "inspect", "sources"]) {
      assert.equal((await argus([name, "--help"], folder)).code, 0, name);
    }
    // Nothing is listened to at this address: the recorder starts its threads, finds no venue, and drains when its time is up.
    const env = { ARGUS_SOURCES__BINANCE__WS_URL: "ws://127.0.0.1:9", ARGUS_SOURCES__BINANCE__REST_URL: "http://127.0.0.1:9" };
    const recorded = await argus(
      ["record", "--source", "binance", "--data-path", path.join(folder, "data"), "--listen", "off", "--duration", "1s"],
      folder,
      env,
    );
    assert.equal(recorded.code, 0, recorded.err);
  });

  it("RT37 refuses an environment that lets others run code in it", async () => {
    for (const name of ["BUN_OPTIONS", "BUN_INSPECT"]) {
      const { code, err } = await argus(["--version"], folder, { [name]: "" });
      assert.equal(code, 2, `${name}: ${err}`);
      assert.ok(err.includes(name), err);
    }
  });
});

function argus(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  return run(args, { cwd, env: { HOME: folder, ...env }, isBinary: true });
}

/** Newer than every file it was built from. */
function isFresh(): boolean {
  if (!fs.existsSync(BINARY)) return false;
  const builtMs = fs.statSync(BINARY).mtimeMs;
  const sources = fs.readdirSync(path.join(ROOT, "src"), { recursive: true, encoding: "utf8" }).map((name) => path.join(ROOT, "src", name));
  return [...sources, path.join(ROOT, "package.json")].every((file) => fs.statSync(file).mtimeMs <= builtMs);
}
