import assert from "node:assert/strict";
import * as fs from "node:fs";
import { it } from "node:test";
import { METRICS } from "../../src/telemetry/metrics_table.ts";
import { COMMAND, DOCUMENT, withMetrics } from "../../scripts/metrics_table.ts";
import { filesUnder } from "../architecture/source_files.ts";

const NAME = /"(argus_[a-z_]+)"/g;

it("every metric that is written is in the table, and the table has none that nobody writes", () => {
  const used = new Set<string>();
  for (const { path, text } of filesUnder("src")) {
    if (!path.endsWith("metrics_table.ts")) { for (const [, name] of text.matchAll(NAME)) used.add(name!); }
  }
  assert.deepEqual([...used].sort(), Object.keys(METRICS).sort());
});

it("the documentation shows the table", () => {
  const document = fs.readFileSync(DOCUMENT, "utf8");
  assert.ok(document === withMetrics(document), `docs/GATEWAY.md is stale. Run: ${COMMAND}`);
});
