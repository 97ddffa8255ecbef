import { ConfigError } from "../lib/errors.ts";
import { escapeControls } from "../lib/escape_controls.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { LINK_ARGS, linkOf } from "./link_flags.ts";
import { durationFlag, untilStopped } from "./long_work.ts";
import { countFlag } from "./point_in_time_flags.ts";

interface Message {
  readonly path?: string;
  readonly seq?: number;
  readonly event?: Readonly<Record<string, unknown>>;
  readonly lagged?: number;
  readonly gap?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string; readonly hint: string };
}

export const tail = command({
  summary: "Events of paths as they are published, the current values first.",
  args: {
    patterns: { type: "positional", valueHint: "…", description: "Paths or patterns; * stands for any characters of a segment" },
    count: { type: "string", valueHint: "N", description: "Stop after so many events" },
    duration: { type: "string", valueHint: "30s", description: "Stop after this long" },
    ...LINK_ARGS,
    ...COMMON_ARGS,
  },
  examples: ["argus tail 'binance/trade/BTC*'", "argus tail 'binance/*/BTCUSDT' --json --count 100"],
  async run({ runtime, output, args }) {
    if (args._.length === 0) throw new ConfigError("PATTERN", "argus tail takes a path or a pattern, such as 'binance/trade/BTC*'.");
    const link = linkOf(runtime, args);
    const durationMs = durationFlag("--duration", args.duration);
    let left = countFlag("--count", args.count) ?? Infinity;
    const over = new AbortController();
    const cancel = durationMs === undefined ? () => {} : runtime.timers.after(durationMs, () => over.abort());
    await untilStopped(runtime, output, async (signal) => {
      signal.addEventListener("abort", () => over.abort());
      await link.follow(args._, (text) => {
        if (left <= 0) return;
        const message = JSON.parse(text) as Message;
        if (message.seq !== undefined) left--;
        output.result(message, () => escapeControls(messageText(message)));
        if (left <= 0 || output.isUnread) over.abort();
      }, over.signal);
    });
    cancel();
    return EXIT.done;
  },
});

function messageText({ path, event, lagged, gap, error }: Message): string {
  if (error !== undefined) return `! ${error.message} ${error.hint}`.trim();
  if (gap !== undefined) return `! ${path}: ${gapText(gap)}`;
  if (event === undefined) return `! ${path}: ${lagged} events were lost, this reader is too slow`;
  const { recv_time, event_time: _, source: __, symbol: ___, origin, ...own } = event;
  const fields = Object.entries(own).filter(([, value]) => value !== null).map(([name, value]) => `${name}=${fieldText(value)}`);
  return `${recv_time} ${path} ${fields.join(" ")}${origin === "live" ? "" : ` (${origin})`}`;
}

/** `a hole (sequence), 17 missing, from … to …: open`. */
function gapText({ reason, outcome, missing, from_time, to_time, healed_rows }: Readonly<Record<string, unknown>>): string {
  const count = missing === null ? "" : `, ${missing} missing`;
  return `a hole (${reason})${count}, from ${from_time} to ${to_time}: ${outcome}${outcome === "healed" ? `, ${healed_rows} rows` : ""}`;
}

function fieldText(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  const levels = value.slice(0, 3).map(({ price, size }: { price: number; size: number }) => `${price}×${size}`);
  return `[${levels.join(" ")}${value.length > levels.length ? ` +${value.length - levels.length}` : ""}]`;
}
