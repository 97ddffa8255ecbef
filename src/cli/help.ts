import { defineCommand, renderUsage } from "citty";
import type { Command } from "./command.ts";

// deno-lint-ignore no-control-regex -- the escape character is what is looked for
const COLOURS = /\u001b\[\d+m/g;

/** Usage, flags and examples of one command. */
export async function commandHelp(name: string, command: Command, isTerminal: boolean): Promise<string> {
  const definition = defineCommand({ meta: { name: `argus ${name}`, description: command.summary }, args: command.args });
  const usage = await renderUsage(definition);
  const examples = command.examples.map((line) => `  ${line}`).join("\n");
  const text = `${usage.trim()}\n\nEXAMPLES\n\n${examples}`;
  return isTerminal ? text : text.replace(COLOURS, "");
}
