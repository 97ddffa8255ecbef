import type { ArgsDef } from "citty";
import { ConfigError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";

/**
 * Refuses what citty lets through: unknown flags, a flag without its value, one given twice, words nobody asked for.
 * What passes means the same to citty.
 */
export function checkFlags(args: readonly string[], known: ArgsDef): void {
  const seen = new Set<string>();
  const problems: string[] = [];
  let words = 0;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      words += args.length - i - 1;
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      words++;
      continue;
    }
    const [flag, inline] = split(arg);
    const definition = flag.startsWith("--") && Object.hasOwn(known, flag.slice(2)) ? known[flag.slice(2)] : undefined;
    if (definition === undefined || definition.type === "positional") {
      problems.push(unknownFlag(flag, known));
      continue;
    }
    if (seen.has(flag)) problems.push(`${flag}: given twice.`);
    seen.add(flag);
    const takesValue = definition.type !== "boolean";
    if (takesValue && inline === undefined) {
      const next = args[i + 1];
      if (next === undefined || next.startsWith("--")) problems.push(`${flag}: needs a value.`);
      else i++;
    }
    if (!takesValue && inline !== undefined && inline !== "true" && inline !== "false") problems.push(`${flag}: takes no value.`);
    if (definition.type === "enum") {
      const value = inline ?? args[i];
      const options = definition.options ?? [];
      if (value !== undefined && value !== flag && !options.includes(value)) {
        problems.push(`${flag}: found ${JSON.stringify(value)}, expected ${options.join(", ")}.`);
      }
    }
  }
  const positionals = Object.values(known).filter(({ type }) => type === "positional").length;
  // After an unknown flag a word is likely its value, so it is not told as well.
  if (positionals === 0 && words > 0 && problems.length === 0) {
    const word = args.find((arg) => !arg.startsWith("-") && !isValue(args, arg, known)) ?? args[args.indexOf("--") + 1];
    problems.push(`unexpected argument ${JSON.stringify(word)}.`);
  }
  if (problems.length > 0) throw new ConfigError("flags", problems.join("\n"));
}

/** The words of a comma-separated value. */
export function wordsOf(text: string): string[] {
  return text.split(",").map((word) => word.trim()).filter((word) => word !== "");
}

function unknownFlag(flag: string, known: ArgsDef): string {
  const flags = Object.entries(known).filter(([, { type }]) => type !== "positional").map(([name]) => `--${name}`);
  const close = nearest(flag, flags);
  return `unknown flag ${flag}.${close ? ` Did you mean ${close}?` : ""} Allowed: ${flags.join(" ")}.`;
}

function isValue(args: readonly string[], arg: string, known: ArgsDef): boolean {
  const before = args[args.indexOf(arg) - 1];
  if (before === undefined || !before.startsWith("--") || before.includes("=")) return false;
  const type = known[before.slice(2)]?.type;
  return type === "string" || type === "enum";
}

function split(arg: string): [flag: string, value: string | undefined] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}
