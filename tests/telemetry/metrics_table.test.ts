import assert from "node:assert/strict";
import * as fs from "node:fs";
import { it } from "node:test";
import { METRICS } from "../../src/telemetry/metrics_table.ts";
import { filesUnder, ROOT } from "../architecture/source_files.ts";

const NAME = /"(argus_[a-z_]+)"/g;

it("every metric that is written is in the table, and the table has none that nobody writes", () => {
  const used = new Set<string>();
  for (const { path, text } of filesUnder("src")) {
    if (!path.endsWith("metrics_table.ts")) { for (const [, name] of text.matchAll(NAME)) used.add(name!); }
  }
  assert.deepEqual([...used].sort(), Object.keys(METRICS).sort());
});

it("the documentation shows the table", () => {
  const lines = Object.entries(METRICS).map(([name, { kind, labels, help }]) =>
    `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(" ")} | ${help} |`
  );
  const doc = fs.readFileSync(`${ROOT}docs/GATEWAY.md`, "utf8");
  const [, shown = ""] = /<!-- metrics:begin -->\n([\s\S]*?)\n<!-- metrics:end -->/.exec(doc) ?? [];
  assert.equal(shown.trim(), ["| metric | kind | labels | counts |", "| --- | --- | --- | --- |", ...lines].join("\n"));
});
