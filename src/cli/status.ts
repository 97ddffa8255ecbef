import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { factsText, textTable } from "./facts.ts";
import { LINK_ARGS, linkOf } from "./link_flags.ts";

export interface Status {
  readonly version: string;
  readonly runtime: string;
  readonly uptime_seconds: number;
  readonly ready: boolean;
  readonly sources: readonly {
    readonly id: string;
    readonly symbols: number;
    readonly streams: number;
    readonly sockets: number;
    readonly undelivered: number;
    readonly undelivered_paths: readonly string[];
    readonly workers: readonly { readonly age_seconds: number }[];
  }[];
  readonly types: readonly {
    readonly source: string;
    readonly type: string;
    readonly events: number;
    readonly paths: number;
    readonly rate: number;
    readonly lag_ms_max: number | null;
  }[];
  readonly gaps: Readonly<Record<string, number>>;
  readonly storage: Readonly<Record<string, unknown>>;
  readonly gateway: { readonly connections: number; readonly clients: readonly unknown[]; readonly events_lagged: number };
}

export const status = command({
  summary: "One look at a running recorder; 1 where a configured stream is not delivered.",
  args: { ...LINK_ARGS, ...COMMON_ARGS },
  examples: ["argus status", "argus status --url http://127.0.0.1:8321 --json"],
  async run({ runtime, output, args }) {
    const link = linkOf(runtime, args);
    const answer = await link.json<Status>("/v1/status");
    output.result(answer, () => statusText(link.url, answer));
    return answer.ready ? EXIT.done : EXIT.unexpected;
  },
});

function statusText(url: string, { version, runtime, uptime_seconds, ready, sources, types, gaps, storage, gateway }: Status): string {
  const undelivered = sources.flatMap(({ undelivered_paths }) => undelivered_paths);
  return [
    `argus ${version} on ${runtime} at ${url}, up ${uptime_seconds} s: ${ready ? "ready" : "NOT READY"}`,
    ...(undelivered.length === 0 ? [] : [`not delivered: ${undelivered.join(", ")}`]),
    "",
    textTable(
      ["source", "symbols", "streams", "sockets", "oldest socket, s"],
      sources.map((
        { id, symbols, streams, sockets, workers },
      ) => [id, symbols, streams, sockets, Math.max(0, ...workers.map((each) => each.age_seconds))]),
    ),
    "",
    textTable(
      ["source", "type", "paths", "events", "a second", "lag, ms"],
      types.map(({ source, type, paths, events, rate, lag_ms_max }) => [source, type, paths, events, rate, lag_ms_max ?? undefined]),
    ),
    "",
    `gaps     ${factsText(gaps)}`,
    `storage  ${factsText(storage)}`,
    `gateway  ${factsText({ connections: gateway.connections, clients: gateway.clients.length, eventsLagged: gateway.events_lagged })}`,
  ].join("\n");
}
