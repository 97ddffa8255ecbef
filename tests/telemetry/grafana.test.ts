import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { it } from "node:test";
import { ROOT } from "../support/argus_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const folder = tempFolder("grafana");
const TYPES = path.join(ROOT, "node_modules", "@grafana", "schema", "dist", "esm");

/** What Grafana's own types say of a dashboard, a line a complaint. */
function complaints(dashboard: unknown): string {
  const file = `${folder}/dashboard.ts`;
  const { panels } = dashboard as { panels: { options: unknown; targets: unknown[] }[] };
  fs.writeFileSync(
    file,
    `import type { Dashboard } from ${JSON.stringify(`${TYPES}/raw/dashboard/x/dashboard_types.gen`)};
import type { Options } from ${JSON.stringify(`${TYPES}/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen`)};
type Written<T> = T extends string ? \`\${T}\` : T extends (infer U)[] ? Written<U>[] : T extends object ? { [K in keyof T]: Written<T[K]> } : T;
export const dashboard: Dashboard = ${JSON.stringify(dashboard, null, 1)};
export const options: Written<Options>[] = ${JSON.stringify(panels.map(({ options }) => options))};
`,
  );
  const flags = [
    "--ignoreConfig",
    "--noEmit",
    "--skipLibCheck",
    "--strict",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--target",
    "es2022",
  ];
  try {
    execFileSync("node", [path.join(ROOT, "node_modules", "typescript", "bin", "tsc"), ...flags, file], { stdio: "pipe" });
    return "";
  } catch (error) {
    return String((error as { readonly stdout?: Uint8Array }).stdout ?? error);
  }
}

it(
  "the dashboard is what Grafana's types say a dashboard is",
  { skip: "Deno" in globalThis ? "a type checker: once is enough" : false },
  () => {
    const dashboard = JSON.parse(fs.readFileSync(`${ROOT}docs/monitoring/grafana.json`, "utf8"));
    assert.equal(complaints(dashboard), "");
    const [first, ...others] = dashboard.panels;
    const wrong = {
      ...dashboard,
      panels: [{ ...first, gridPos: undefined, gridPosition: first.gridPos, options: { legend: {} } }, ...others],
    };
    assert.match(complaints(wrong), /gridPosition[\s\S]*showLegend/);
  },
);

it("no panel lies over another, and all stand within the grid", () => {
  const { panels } = JSON.parse(fs.readFileSync(`${ROOT}docs/monitoring/grafana.json`, "utf8")) as {
    panels: { title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert.ok(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        assert.equal(taken.get(`${column} ${row}`), undefined, title);
        taken.set(`${column} ${row}`, title);
      }
    }
  }
});
