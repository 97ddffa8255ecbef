import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import type { ConfigFlags } from "../../src/app/config.ts";
import { defaultConfig, loadConfig, requireSources } from "../../src/app/config.ts";
import { exampleToml, tomlOf } from "../../src/app/config_toml.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { loadRuntime } from "../../src/runtime/load.ts";

const runtime = await loadRuntime(new URL("../../src/main.ts", import.meta.url).href);
let folder = "";

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "argus-config-"));
});
after(() => fs.rmSync(folder, { recursive: true }));

function load(toml: string, env: Record<string, string> = {}, flags: ConfigFlags = {}) {
  const file = path.join(folder, "argus.toml");
  fs.writeFileSync(file, toml);
  return loadConfig({ disk: runtime.disk, process: { ...runtime.process, env } }, { config: file, ...flags });
}

function refusal(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split("\n");
  }
  return assert.fail("nothing was refused");
}

describe("the configuration", () => {
  it("survives being shown as TOML and read again", () => {
    const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== "");
    const symbols = fc.array(words.map((text) => text.trim().toUpperCase()), { minLength: 1, maxLength: 4 });
    const urls = (scheme: string) =>
      fc.tuple(fc.constantFrom(scheme, `${scheme}s`), fc.webAuthority()).map(([scheme, host]) => `${scheme}://${host}`);
    const durations = fc.integer({ min: 1_000, max: 86_399_999 });
    const minutes = fc.nat({ max: 1_439 }).map((minute) => minute * 60_000_000);
    const windows = fc.record({ from: minutes, to: minutes }).filter(({ from, to }) => from !== to);
    const source = fc.record({
      symbols,
      exclude: symbols,
      types: fc.subarray(["bbo", "trade", "depth"], { minLength: 1 }),
      universeIntervalMs: durations,
      workerMaxAgeMs: durations,
      rotateWindow: fc.option(windows, { nil: undefined }),
      redundancy: fc.integer({ min: 1, max: 4 }),
      bookAnchorChanges: fc.integer({ min: 1_000, max: 1_000_000_000 }),
      bookAnchorIntervalMs: fc.integer({ min: 60, max: 86_400 }).map((seconds) => seconds * 1_000),
      wsUrls: fc.array(urls("ws").filter((url) => URL.canParse(url)), { minLength: 1, maxLength: 3 }),
      restUrl: urls("http").filter((url) => URL.canParse(url)),
    });
    const names = fc.array(fc.domain(), { maxLength: 2 });
    const gateway = fc.oneof(
      fc.record({ listen: fc.constantFrom("off", "127.0.0.1:0", "localhost:80", "[::1]:8321"), token: fc.string(), names }),
      fc.record({ listen: fc.constantFrom("0.0.0.0:8321", "[::]:1", "example.org:65535"), token: words, names }),
    );
    const configs = fc.record({
      dataPath: words,
      flushIntervalMs: durations,
      flushRows: fc.integer({ min: 1, max: 65_536 }),
      journal: fc.record({ writeIntervalMs: fc.integer({ min: 10, max: 10_000 }), syncIntervalMs: fc.integer({ min: 10, max: 60_000 }) }),
      gateway,
      sources: fc.oneof(fc.constant({}), fc.record({ binance: source })),
    });
    fc.assert(fc.property(configs, (config) => assert.deepEqual(load(tomlOf(config, () => "why")).config, structuredClone(config))), {
      seed: 3,
      numRuns: 300,
    });
  });

  it("takes the flag before the environment, that before the file, that before the default", () => {
    const layers = ["default", "file", "environment", "flag"] as const;
    fc.assert(
      fc.property(fc.subarray([1, 2, 3]), fc.subarray([1, 2, 3]), (forPath, forSymbols) => {
        const file = [
          ...(forPath.includes(1) ? ['data_path = "/1"'] : []),
          "[sources.binance]",
          ...(forSymbols.includes(1) ? ['symbols = ["S1"]'] : []),
        ];
        const env = {
          ...(forPath.includes(2) ? { ARGUS_DATA_PATH: "/2" } : {}),
          ...(forSymbols.includes(2) ? { ARGUS_SOURCES__BINANCE__SYMBOLS: "s2" } : {}),
        };
        const flags = { ...(forPath.includes(3) ? { dataPath: "/3" } : {}), ...(forSymbols.includes(3) ? { symbols: "S3" } : {}) };
        const { config, origins } = load(file.join("\n"), env, flags);
        const [path, symbol] = [Math.max(0, ...forPath), Math.max(0, ...forSymbols)];
        assert.equal(config.dataPath, path === 0 ? "./data" : `/${path}`);
        assert.deepEqual(config.sources["binance"]?.symbols, [symbol === 0 ? "*" : `S${symbol}`]);
        for (const [key, layer] of [["data_path", path], ["sources.binance.symbols", symbol]] as const) {
          assert.ok(origins.get(key)?.includes(layer === 1 ? "argus.toml" : layers[layer]!), `${key}: ${origins.get(key)}`);
        }
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  it("names every problem at once, with the key, what was found, what is allowed and the nearest key", () => {
    const toml =
      'flush_intervl = "1m"\ndata_path = 7\n[gatway]\nlisten = "x"\n[sources.binance]\nredundancy = 9\nws_ulr = "ws://x"\n[sources.okx]\n';
    const problems = refusal(() => load(toml, { ARGUS_FLUSH_INTERVAL: "soon" }, { types: "bbo,tick", source: "binance" }));
    const all = problems.join("\n");
    assert.match(all, /flush_intervl .*Did you mean flush_interval\?/);
    assert.match(all, /data_path .*found 7, expected a folder/);
    assert.match(all, /gatway\.listen .*Did you mean gateway\.listen\?/);
    assert.match(all, /redundancy .*found 9, expected an integer from 1 to 4/);
    assert.match(all, /ws_ulr .*Did you mean sources\.binance\.ws_url\?/);
    assert.match(all, /okx is not supported in this version\. Supported: binance/);
    assert.match(all, /flush_interval \(environment ARGUS_FLUSH_INTERVAL\): found "soon"/);
    assert.match(all, /types \(flag --types\): found "bbo,tick"/);
    assert.equal(problems.length, 8, all);
  });

  it("refuses an address outside loopback without a token, and takes it with one", () => {
    for (const listen of ["0.0.0.0:8321", "[::]:8321", "192.168.1.2:1", "localhost.example.org:1", "127.0.0.1.example.org:1"]) {
      assert.match(refusal(() => load("", {}, { listen }))[0]!, /gateway\.token/, listen);
      assert.equal(load("", { ARGUS_GATEWAY__TOKEN: "secret" }, { listen }).config.gateway.listen, listen);
    }
    for (const listen of ["127.0.0.1:0", "localhost:1", "[::1]:1", "off"]) {
      assert.equal(load("", {}, { listen }).config.gateway.listen, listen);
    }
    for (const listen of ["127.0.0.1", ":80", "127.0.0.1:70000", ""]) {
      assert.match(refusal(() => load("", {}, { listen }))[0]!, /expected host:port/);
    }
  });

  it("records what is named, else what is configured, else asks", () => {
    assert.deepEqual(Object.keys(load("").config.sources), []);
    assert.match(refusal(() => requireSources(load("").config))[0]!, /--source binance/);
    assert.deepEqual(Object.keys(load("[sources.binance]\n").config.sources), ["binance"]);
    assert.deepEqual(Object.keys(load("", { ARGUS_SOURCES__BINANCE__REDUNDANCY: "2" }).config.sources), ["binance"]);
    assert.match(refusal(() => load("", {}, { source: "binanse" }))[0]!, /Did you mean binance\?/);
    assert.match(refusal(() => load("", {}, { source: "" }))[0]!, /expected a source/);
  });

  it("says where a file is no TOML", () => {
    assert.match(refusal(() => load("data_path = \n"))[0]!, /line 1, column/);
    assert.match(refusal(() => load("", {}, { config: path.join(folder, "absent.toml") }))[0]!, /no such file/);
  });

  it("written by init is the default", () => {
    const config = defaultConfig(["binance"]);
    assert.deepEqual(load(exampleToml(config)).config, config);
  });
});
