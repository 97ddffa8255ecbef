import { METRICS } from "../../telemetry/metrics_table.ts";

export type Labels = Readonly<Record<string, string>>;

/** Gathers samples and writes them as Prometheus text, a family together, in the order of the table. */
export class MetricsText {
  readonly #families = new Map<string, string[]>();

  /** A value that is not there is not written. */
  add(name: string, value: number | undefined, labels: Labels = {}): void {
    if (value === undefined || !Number.isFinite(value)) return;
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`).join(",");
    this.addKey(pairs === "" ? name : `${name}{${pairs}}`, value);
  }

  /** A key as the counters have it: `name{label="value"}`. */
  addKey(key: string, value: number): void {
    const at = key.indexOf("{");
    const name = at < 0 ? key : key.slice(0, at);
    const lines = this.#families.get(name);
    const line = `${key} ${value}`;
    if (lines === undefined) this.#families.set(name, [line]);
    else lines.push(line);
  }

  toString(): string {
    const names = [...Object.keys(METRICS), ...[...this.#families.keys()].filter((name) => METRICS[name] === undefined)];
    return names.flatMap((name) => {
      const lines = this.#families.get(name);
      if (lines === undefined) return [];
      const { kind = "counter", help = "" } = METRICS[name] ?? {};
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ""];
    }).join("\n");
  }
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
