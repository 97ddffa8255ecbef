import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import { ROOT } from "../support/argus_process.ts";
import { hasPromtool, promtool } from "../support/promtool.ts";
import { tempFolder } from "../support/temp_folder.ts";

const folder = tempFolder("promtool");
const ALERTS = `${ROOT}docs/monitoring/alerts.yml`;

/** When an alert stands, by series that Prometheus would have scraped every minute. */
interface Case {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

const SOURCE = { source: "binance" };
const TYPE = { ...SOURCE, type: "trade" };
const OF_TYPE = 'source="binance",type="trade"';

const CASES: readonly Case[] = [
  { alert: "ArgusDown", series: { 'up{job="argus"}': "1 0x9" }, at: "5m", labels: { job: "argus" } },
  { alert: "ArgusDown", series: { 'up{job="argus"}': "1x9" }, at: "5m", labels: undefined },
  { alert: "ArgusStreamsUndelivered", series: { 'argus_streams_undelivered{source="binance"}': "3x9" }, at: "5m", labels: SOURCE },
  { alert: "ArgusStreamsUndelivered", series: { 'argus_streams_undelivered{source="binance"}': "0 3 0x7" }, at: "5m", labels: undefined },
  // A counter that begins with its first count, which increase() does not see.
  {
    alert: "ArgusDataLost",
    series: { [`argus_gaps_settled_total{outcome="unhealable",${OF_TYPE}}`]: "_ _ _ 1x9" },
    at: "5m",
    labels: { ...TYPE, outcome: "unhealable" },
  },
  {
    alert: "ArgusDataLost",
    series: { [`argus_gaps_settled_total{outcome="healed",${OF_TYPE}}`]: "_ _ _ 1x9" },
    at: "5m",
    labels: undefined,
  },
  { alert: "ArgusGaps", series: { [`argus_gaps_total{${OF_TYPE}}`]: "2 2 2 4x9" }, at: "5m", labels: TYPE },
  { alert: "ArgusGaps", series: { [`argus_gaps_total{${OF_TYPE}}`]: "2x60" }, at: "40m", labels: undefined },
  {
    alert: "ArgusLag",
    series: { [`argus_lag_seconds_max{${OF_TYPE}}`]: "7x9", 'argus_clock_offset_seconds{source="binance"}': "-1x9" },
    at: "5m",
    labels: TYPE,
  },
  {
    alert: "ArgusLag", // it is the clock that is wrong
    series: { [`argus_lag_seconds_max{${OF_TYPE}}`]: "7x9", 'argus_clock_offset_seconds{source="binance"}': "-7x9" },
    at: "5m",
    labels: undefined,
  },
  { alert: "ArgusNotCommitted", series: { argus_committed_seconds: "0 60 60 60x9" }, at: "5m", labels: {} },
  { alert: "ArgusNotCommitted", series: { argus_committed_seconds: "0+60x9" }, at: "5m", labels: undefined },
  { alert: "ArgusDiskRefuses", series: { 'argus_writes_refused_total{code="ENOSPC"}': "_ _ 1x9" }, at: "5m", labels: { code: "ENOSPC" } },
  { alert: "ArgusDiskFullSoon", series: { argus_disk_free_bytes: "1e9-1e6x480" }, at: "7h", labels: {} },
  { alert: "ArgusDiskFullSoon", series: { argus_disk_free_bytes: "1e12-1e6x480" }, at: "7h", labels: undefined },
  {
    alert: "ArgusRefused",
    series: { 'argus_refusals_total{source="binance",status="451"}': "_ 1x9" },
    at: "5m",
    labels: { ...SOURCE, status: "451" },
  },
  { alert: "ArgusFormatChanged", series: { 'argus_unknown_fields_total{source="binance"}': "_ 1x9" }, at: "5m", labels: SOURCE },
  { alert: "ArgusClock", series: { 'argus_clock_offset_seconds{source="binance"}': "-2x20" }, at: "15m", labels: SOURCE },
];

function severityOf(alert: string): string {
  const text = fs.readFileSync(ALERTS, "utf8");
  return /severity: (\w+)/.exec(text.slice(text.indexOf(`alert: ${alert}\n`)))![1]!;
}

describe("Prometheus' own tool", { skip: hasPromtool ? false : "promtool is not here (Debian's package prometheus has it)" }, () => {
  it("takes the alerts, and the questions of the Grafana dashboard", () => {
    const { panels } = JSON.parse(fs.readFileSync(`${ROOT}docs/monitoring/grafana.json`, "utf8")) as {
      panels: { targets: { expr: string }[] }[];
    };
    const rules = panels.flatMap(({ targets }) => targets).map(({ expr }, i) =>
      `      - { record: "panel:${i}", expr: ${JSON.stringify(expr)} }`
    );
    assert.ok(rules.length > 10);
    fs.writeFileSync(`${folder}/panels.yml`, `groups:\n  - name: panels\n    rules:\n${rules.join("\n")}\n`);
    for (const file of [ALERTS, `${folder}/panels.yml`]) assert.match(promtool(["check", "rules", file]), /SUCCESS: \d+ rules found/);
  });

  it("each alert stands when it should, and only then", () => {
    const tests = CASES.map(({ alert, series, at, labels }) => ({
      interval: "1m",
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{
        eval_time: at,
        alertname: alert,
        exp_alerts: labels === undefined ? [] : [{ exp_labels: { ...labels, severity: severityOf(alert) } }],
      }],
    }));
    // Summaries are for people: the rules are tested without them.
    const rules = fs.readFileSync(ALERTS, "utf8").replace(/^ {8}annotations:\n {10}.*\n/gm, "");
    fs.writeFileSync(`${folder}/alerts.yml`, rules);
    fs.writeFileSync(`${folder}/tests.yml`, JSON.stringify({ rule_files: ["alerts.yml"], evaluation_interval: "1m", tests })); // JSON is YAML
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", `${folder}/tests.yml`], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
});
