import assert from "node:assert/strict";
import * as fs from "node:fs";
import { it } from "node:test";
import { METRICS } from "../../src/telemetry/metrics_table.ts";
import { ROOT } from "../support/argus_process.ts";

for (const file of ["alerts.yml", "grafana.json"]) {
  it(`${file} asks for metrics that are there, by labels they have`, () => {
    const text = fs.readFileSync(`${ROOT}docs/monitoring/${file}`, "utf8");
    const asked = [...text.matchAll(/\b(argus_[a-z_]+)(?:\{([a-z_]+)=)?/g)];
    assert.ok(asked.length > 10);
    for (const [, name, label] of asked) {
      const metric = METRICS[name!];
      assert.ok(metric !== undefined, `${name} is no metric`);
      assert.ok(label === undefined || metric.labels.includes(label), `${name} has no label ${label}`);
    }
  });
}

it("the dashboard has panels, each with a title and a question of its own", () => {
  const { panels } = JSON.parse(fs.readFileSync(`${ROOT}docs/monitoring/grafana.json`, "utf8")) as {
    panels: { id: number; title: string; targets: { expr: string }[] }[];
  };
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
  assert.ok(panels.every(({ targets }) => targets.length > 0 && targets.every(({ expr }) => expr.includes("argus_"))));
});
