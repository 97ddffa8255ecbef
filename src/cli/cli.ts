import { parseArgs } from "citty";
import type { Runtime } from "../runtime/runtime.ts";
import type { LogLevel } from "../telemetry/telemetry.ts";
import { LOG_LEVELS } from "../telemetry/telemetry.ts";
import { ConfigError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { Command } from "./command.ts";
import { EXIT, exitCodeOf, tellFailure } from "./failure.ts";
import { checkFlags } from "./flags.ts";
import { commandHelp } from "./help.ts";
import { Output } from "./output.ts";

interface Entry {
  readonly summary: string;
  load(): Promise<Command>;
}

/** Loaded when asked for: `argus --help` loads no recorder. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  "record": { summary: "connect, publish, store (the default)", load: async () => (await import("./record.ts")).record },
  "simulate": { summary: "a venue on loopback that speaks a source's dialect", load: async () => (await import("./simulate.ts")).simulate },
  "import": { summary: "raw captures into the same Parquet files", load: async () => (await import("./import.ts")).importFiles },
  "verify": {
    summary: "is what was recorded right, and is everything that is missing told?",
    load: async () => (await import("./verify.ts")).verify,
  },
  "inspect": {
    summary: "one Parquet file: schema, row groups, ranges, metadata",
    load: async () => (await import("./inspect.ts")).inspect,
  },
  "journal check": {
    summary: "what the write-ahead journal holds, and whether all of it can be read",
    load: async () => (await import("./journal_check.ts")).journalCheck,
  },
  "flush": { summary: "merge what a stopped recorder left under tmp/", load: async () => (await import("./flush.ts")).flush },
  "compact": { summary: "roll day files: the same rows, packed harder", load: async () => (await import("./compact.ts")).compact },
  "clean": { summary: "list stale temp files, or delete them", load: async () => (await import("./clean.ts")).clean },
  "asof": { summary: "the value at a path as of a moment; for depth the rebuilt book", load: async () => (await import("./asof.ts")).asof },
  "events": { summary: "a time range of a path as NDJSON, CSV or Parquet", load: async () => (await import("./events.ts")).events },
  "replay": { summary: "what was recorded, once more, at any speed", load: async () => (await import("./replay.ts")).replay },
  "tail": { summary: "events of paths as they are published", load: async () => (await import("./tail.ts")).tail },
  "top": { summary: "paths of a running recorder, the busiest first", load: async () => (await import("./top.ts")).top },
  "status": { summary: "one look at a running recorder", load: async () => (await import("./status.ts")).status },
  "doctor": {
    summary: "will it work here, now? what is in the way, and what to do",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  "config init": { summary: "write a commented argus.toml", load: async () => (await import("./config_init.ts")).configInit },
  "config check": {
    summary: "say everything that is wrong with the configuration",
    load: async () => (await import("./config_check.ts")).configCheck,
  },
  "config show": { summary: "effective values and where each came from", load: async () => (await import("./config_show.ts")).configShow },
  "sources": { summary: "what is supported: data types and limits", load: async () => (await import("./sources.ts")).sources },
};

/** Runs one command line to its end and gives the exit code. Throws nothing. */
export async function runCli(runtime: Runtime, argv: readonly string[], version: string): Promise<number> {
  const output = new Output(runtime.process, { isJson: hasJson(argv), logLevel: logLevelOf(argv) });
  try {
    return await run(runtime, argv, version, output);
  } catch (error) {
    output.status("");
    tellFailure(output, error);
    return exitCodeOf(error);
  } finally {
    output.status("");
    await output.flushed();
  }
}

async function run(runtime: Runtime, argv: readonly string[], version: string, output: Output): Promise<number> {
  const [first] = argv;
  if (first === "--help" || first === "-h" || first === "help") return print(output, overview(version, ""));
  if (first === "--version" || first === "-v") return print(output, version);
  const { name, rest } = commandOf(argv);
  const wantsHelp = rest.some((arg) => arg === "--help" || arg === "-h");
  const entry = COMMANDS[name];
  if (entry === undefined) return print(output, overview(version, `${name} `), wantsHelp || rest.length === 0 ? EXIT.done : EXIT.usage);
  const command = await entry.load();
  if (wantsHelp) return print(output, await commandHelp(name, command, output.isTerminal));
  checkFlags(rest, command.args);
  return await command.run({ runtime, output, args: parse(rest, command), version });
}

/** `record` where the first word is a flag or absent; commands of two words are looked for first. */
function commandOf(argv: readonly string[]): { readonly name: string; readonly rest: readonly string[] } {
  const [first, second] = argv;
  if (first === undefined || first.startsWith("-")) return { name: "record", rest: argv };
  const names = Object.keys(COMMANDS);
  if (names.includes(`${first} ${second}`)) return { name: `${first} ${second}`, rest: argv.slice(2) };
  if (names.includes(first)) return { name: first, rest: argv.slice(1) };
  const isGroup = names.some((name) => name.startsWith(`${first} `));
  if (isGroup && (second === undefined || second.startsWith("-"))) return { name: first, rest: argv.slice(1) };
  const given = isGroup ? `${first} ${second}` : first;
  const close = nearest(given, names);
  throw new ConfigError(
    "command",
    `unknown command ${JSON.stringify(given)}.${close ? ` Did you mean ${close}?` : ""} Commands: ${names.join(", ")}.`,
  );
}

function parse(args: readonly string[], command: Command) {
  try {
    return parseArgs([...args], command.args);
  } catch (error) {
    // citty's own class is not exported; after checkFlags a missing argument is all that is left to complain about.
    throw new ConfigError("arguments", (error as Error).message.replace("Missing required positional argument", "Missing argument"));
  }
}

function overview(version: string, prefix: string): string {
  const entries = Object.entries(COMMANDS).filter(([name]) => name.startsWith(prefix));
  const width = Math.max(...entries.map(([name]) => name.length)) + 2;
  const lines = entries.map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`);
  return `argus ${version}: the flight recorder for markets

Usage: argus [COMMAND] [FLAGS]

${lines.join("\n")}

  argus COMMAND --help   its flags, with an example

Examples:
  argus --source binance                                  record Binance spot into ./data
  argus --source binance --symbols 'BTCUSDT,ETH*' --types bbo,trade
  argus simulate --source binance --port 9443             a venue to try it on, on loopback`;
}

function print(output: Output, text: string, code: number = EXIT.done): number {
  output.text(text);
  return code;
}

/** Read before the command line is checked, because what is wrong with it is printed in this form too. */
function hasJson(argv: readonly string[]): boolean {
  return argv.some((arg) => arg === "--json" || arg === "--json=true");
}

function logLevelOf(argv: readonly string[]): LogLevel {
  const at = argv.findIndex((arg) => arg === "--log-level" || arg.startsWith("--log-level="));
  const value = argv[at]?.split("=")[1] ?? argv[at + 1];
  return at < 0 ? "warn" : LOG_LEVELS.find((level) => level === value) ?? "warn";
}
