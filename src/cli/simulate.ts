import { sourceProblem } from "../app/config_schema.ts";
import { ConfigError } from "../lib/errors.ts";
import { Telemetry } from "../telemetry/telemetry.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { durationFlag, untilStopped } from "./long_work.ts";

const PORT_MAX = 65_535;
const RATE_MAX = 1_000_000; // events a second, far above what one process can send
const SEED_MAX = 2 ** 32 - 1;
const SPEED_MAX = 100_000;

export const simulate = command({
  summary: "A venue on loopback that speaks a source's real dialect, with its limits; prints its addresses.",
  args: {
    source: { type: "string", default: "binance", valueHint: "ID", description: "Whose dialect" },
    port: { type: "string", default: "0", valueHint: "PORT", description: "0 = any free one, printed" },
    symbols: { type: "string", default: "50", valueHint: "50|'BTCUSDT,…'", description: "How many, or which" },
    rate: { type: "string", default: "5000", valueHint: "N", description: "Events a second over all symbols" },
    seed: { type: "string", default: "7", valueHint: "N", description: "Same seed, same market" },
    faults: { type: "enum", options: ["none", "calm", "rough"], default: "none", description: "How badly it behaves" },
    capture: { type: "string", valueHint: "FILE,…", description: "Send these captures instead of a made-up market" },
    speed: { type: "string", default: "1", valueHint: "10|max", description: "Of the captures" },
    "exchange-info": { type: "string", valueHint: "FILE", description: "Answer exchangeInfo with this file" },
    ledger: { type: "string", valueHint: "FILE", description: "Write everything it sends, to whom, as NDJSON" },
    duration: { type: "string", valueHint: "30s", description: "Stop by itself after this long" },
    ...COMMON_ARGS,
  },
  examples: [
    "argus simulate --source binance --port 9443 --symbols 50 --rate 5000 --seed 7",
    "argus simulate --capture spot.zst --speed 10",
  ],
  async run({ runtime, output, args }) {
    const why = sourceProblem(args.source);
    if (why !== undefined) throw new ConfigError("--source", `flag --source: ${why}`);
    const durationMs = durationFlag("--duration", args.duration);
    const options = {
      source: args.source,
      port: integerFlag("--port", args.port, PORT_MAX),
      symbols: /^\d+$/.test(args.symbols) ? integerFlag("--symbols", args.symbols, RATE_MAX) : list(args.symbols),
      rate: integerFlag("--rate", args.rate, RATE_MAX),
      seed: integerFlag("--seed", args.seed, SEED_MAX),
      faults: args.faults,
      capture: list(args.capture ?? ""),
      speed: args.speed === "max" ? "max" as const : integerFlag("--speed", args.speed, SPEED_MAX, 1),
      ...(args["exchange-info"] === undefined ? {} : { exchangeInfo: args["exchange-info"] }),
      ...(args.ledger === undefined ? {} : { ledger: args.ledger }),
      ...(durationMs === undefined ? {} : { durationMs }),
    };
    const app = await import("../app/simulate.ts");
    const summary = await untilStopped(
      runtime,
      output,
      (signal) =>
        app.simulate(runtime, { ...options, signal }, new Telemetry(runtime.clock, output.log), (ready) => {
          output.result(
            snakeCase(ready),
            () => [ready.wsUrl, ready.httpUrl, ...(ready.ledger ? [`ledger ${ready.ledger}`] : [])].join("\n"),
          );
        }),
    );
    output.result(snakeCase(summary), () => factsText(summary));
    return EXIT.done;
  },
});

function list(text: string): string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

function integerFlag(flag: string, text: string, max: number, min = 0): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value < min || value > max) {
    throw new ConfigError(flag, `${flag}: found ${JSON.stringify(text)}, expected an integer from ${min} to ${max}.`);
  }
  return value;
}
