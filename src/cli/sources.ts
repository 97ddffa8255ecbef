import { SOURCES } from "../exchanges/registry.ts";
import { formatDuration } from "../lib/duration.ts";
import { command, COMMON_ARGS } from "./command.ts";
import { EXIT } from "./failure.ts";
import { snakeCase } from "./facts.ts";

export const sources = command({
  summary: "What is supported: sources, data types, limits, and what can be proven about loss.",
  args: { ...COMMON_ARGS },
  examples: ["argus sources", "argus sources --json"],
  run({ output }) {
    for (const source of SOURCES) {
      const types = source.channels.map((channel) => ({ name: channel.event.name, provesGaps: channel.continuity !== undefined }));
      const { id, title, endpoints, limits } = source;
      output.result(snakeCase({ id, title, types, endpoints, limits }), () =>
        [
          `${id}  ${title}`,
          ...types.map(({ name, provesGaps }) =>
            `  ${name.padEnd(8)}${
              provesGaps
                ? "every event is numbered: a gap is proven"
                : "keys only rise: order and duplicates are checked, a gap cannot be proven"
            }`
          ),
          `  limits  ${limits.streamsPerSocketMax} streams a socket, ${limits.framesPerSecondMax} frames/s to it, ${limits.connectsMax} connects in ${
            formatDuration(limits.connectWindowMs)
          }, a socket lives ${formatDuration(limits.socketAgeMaxMs)}`,
          `  ws_url  ${endpoints.ws.join(", ")}`,
          `  rest_url  ${endpoints.rest.join(", ")}`,
        ].join("\n"));
    }
    return Promise.resolve(EXIT.done);
  },
});
