import { ConfigError, StorageError } from "../lib/errors.ts";
import type { Output } from "./output.ts";

export const EXIT = { done: 0, unexpected: 1, usage: 2, storage: 3, deadline: 4 } as const;

/** The exit code of what went wrong, by class, never by text. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof StorageError) return EXIT.storage;
  return EXIT.unexpected;
}

export function tellFailure(output: Output, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (output.isJson) output.note(JSON.stringify({ error: { code: exitCodeOf(error), name: nameOf(error), message } }));
  else output.note(message.split("\n").map((line) => `argus: ${line}`).join("\n"));
  if (output.isDebug && error instanceof Error) output.note(stacks(error));
  else if (exitCodeOf(error) === EXIT.unexpected && !output.isJson) output.note("argus: --log-level debug shows where.");
}

function stacks(error: Error): string {
  const text = error.stack ?? error.message;
  return error.cause instanceof Error ? `${text}\ncaused by ${stacks(error.cause)}` : text;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}
