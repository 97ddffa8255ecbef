import * as fs from "node:fs";
import { METRICS } from "../src/telemetry/metrics_table.ts";

/** The table of metrics in docs/GATEWAY.md. Prints it, or with `--write` puts it between its markers; a test fails while they differ. */
export const COMMAND = "npx bun scripts/metrics_table.ts --write";
export const DOCUMENT = new URL("../docs/GATEWAY.md", import.meta.url);

const BEGIN = "<!-- metrics:begin -->";
const END = "<!-- metrics:end -->";

export function metricsTable(): string {
  const rows = Object.entries(METRICS).map(([name, { kind, labels, help }]) =>
    `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(" ")} | ${help} |`
  );
  return ["| metric | kind | labels | counts |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

export function withMetrics(document: string): string {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from < 0 || to < from) throw new Error(`docs/GATEWAY.md has no ${BEGIN} … ${END}: put both lines where the table belongs.`);
  return `${document.slice(0, from + BEGIN.length)}\n${metricsTable()}\n${document.slice(to)}`;
}

if (import.meta.main) {
  const document = fs.readFileSync(DOCUMENT, "utf8");
  if (process.argv.includes("--write")) fs.writeFileSync(DOCUMENT, withMetrics(document));
  else console.log(metricsTable());
}
