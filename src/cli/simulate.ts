import { sourceProblem } from "../app/config_schema.ts";
import type { SimulateOptions, SimulateWatch } from "../app/simulate.ts";
import { ConfigError } from "../lib/errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { FaultLevel } from "../sim/venue/faults.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { factsText, snakeCase } from "./facts.ts";
import { wordsOf } from "./flags.ts";
import { durationFlag, untilStopped } from "./long_work.ts";
import type { Output } from "./output.ts";

const PORT_MAX = 65_535;
const SYMBOLS_MAX = 10_000; // six times what the venue lists
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
    seed: { type: "string", default: "7", valueHint: "N", description: "Same seed and rate, same market at every moment" },
    faults: {
      type: "enum",
      options: ["none", "calm", "rough"],
      default: "none",
      description: "calm: sockets cut, notices, a reset; rough: what goes wrong in a year, in minutes",
    },
    "max-age": { type: "string", valueHint: "24h", description: "Longest life of a connection; 1m with calm, 20s with rough faults" },
    capture: { type: "string", valueHint: "FILE,…", description: "Send these captures instead of a made-up market" },
    speed: { type: "string", default: "1", valueHint: "10|max", description: "Of the captures: so many times as fast as recorded" },
    "exchange-info": { type: "string", valueHint: "FILE", description: "Answer exchangeInfo with this file" },
    ledger: { type: "string", valueHint: "FILE", description: "Write everything it sends, to whom, as NDJSON" },
    duration: { type: "string", valueHint: "30s", description: "Stop by itself after this long" },
    ...COMMON_ARGS,
  },
  examples: [
    "argus simulate --source binance --port 9443 --symbols 50 --rate 5000 --seed 7",
    "argus simulate --faults rough --seed 7 --ledger sent.ndjson",
    "argus simulate --capture spot.zst --speed 10",
  ],
  async run({ runtime, output, args }) {
    const why = sourceProblem(args.source);
    if (why !== undefined) throw new ConfigError("--source", `flag --source: ${why}`);
    const durationMs = durationFlag("--duration", args.duration);
    const ageMaxMs = durationFlag("--max-age", args["max-age"]);
    const options = {
      source: args.source,
      port: integerFlag("--port", args.port, PORT_MAX),
      symbols: /^\d+$/.test(args.symbols) ? integerFlag("--symbols", args.symbols, SYMBOLS_MAX, 1) : symbolsFlag(args.symbols),
      rate: integerFlag("--rate", args.rate, RATE_MAX),
      seed: integerFlag("--seed", args.seed, SEED_MAX),
      faults: args.faults as FaultLevel,
      capture: wordsOf(args.capture ?? ""),
      speed: args.speed === "max" ? "max" as const : integerFlag("--speed", args.speed, SPEED_MAX, 1),
      ...(ageMaxMs === undefined ? {} : { ageMaxMs }),
      ...(args["exchange-info"] === undefined ? {} : { exchangeInfo: args["exchange-info"] }),
      ...(args.ledger === undefined ? {} : { ledger: args.ledger }),
      ...(durationMs === undefined ? {} : { durationMs }),
    };
    const app = await import("../app/simulate.ts");
    const summary = await untilStopped(
      runtime,
      output,
      (signal) => app.simulate(runtime, { ...options, signal }, watchOn(runtime, output, options)),
    );
    output.result(snakeCase(summary), () => factsText(summary));
    return EXIT.done;
  },
});

/** What a running venue shows: its addresses as the result, the rest beside it. */
function watchOn(runtime: Runtime, output: Output, options: Omit<SimulateOptions, "signal">): SimulateWatch {
  const { source, capture, rate } = options;
  const key = `ARGUS_SOURCES__${source.toUpperCase()}`;
  let wasLate = false;
  return {
    ready(ready) {
      const { wsUrl, httpUrl, ledger } = ready;
      output.result(snakeCase(ready), () => [wsUrl, httpUrl, ...(ledger === undefined ? [] : [`ledger ${ledger}`])].join("\n"));
      if (output.isJson) return;
      if (capture.length > 0) output.note("argus: plays the captures once, to whoever has subscribed, and ends when they have everything");
      output.note(`argus: Ctrl-C ends it. To record it:\n  ${key}__WS_URL=${wsUrl} ${key}__REST_URL=${httpUrl} argus --source ${source}`);
    },
    progress(progress) {
      output.status(factsText(progress));
      if (progress.behindMs === undefined || wasLate) return;
      wasLate = true;
      output.note(`argus: this machine cannot send ${rate.toLocaleString("en-US")} events a second; events go out late, none is left out`);
    },
    fault(kind, detail) {
      output.log({ time: runtime.clock.wallTime(), level: "info", message: `fault: ${kind}`, fields: { detail } });
    },
  };
}

function symbolsFlag(text: string): string[] {
  const symbols = wordsOf(text);
  const wrong = symbols.find((symbol) => /[*?\s/@!]/.test(symbol));
  if (symbols.length > 0 && wrong === undefined) return symbols;
  throw new ConfigError(
    "--symbols",
    `--symbols: found ${
      JSON.stringify(wrong ?? text)
    }, expected a number or names such as BTCUSDT,ETHUSDT; a made-up market has no patterns.`,
  );
}

function integerFlag(flag: string, text: string, max: number, min = 0): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value < min || value > max) {
    throw new ConfigError(flag, `${flag}: found ${JSON.stringify(text)}, expected an integer from ${min} to ${max}.`);
  }
  return value;
}
