import { eventJson } from "../../../events/event_json.ts";
import { partsOf } from "../../../lib/stream_path.ts";
import { isoOf } from "../../../lib/time.ts";
import { PROTOCOL } from "../doorkeeper.ts";
import type { Answer } from "../http/exchange.ts";
import { jsonAnswer, textAnswer } from "../http/json_answer.ts";
import { canonicalPath, type Paths, type PathState } from "../paths.ts";
import { type Asked, AskError, type Route } from "../route.ts";
import { eventStreamLine, webSocketLine } from "../stream_lines.ts";
import type { StreamContext } from "../stream_session.ts";

/** What is published now. */
export function liveRoutes(streams: StreamContext, paths: Paths): Route[] {
  return [
    {
      method: "GET",
      path: "/v1/paths",
      summary: "Open paths with type, rate and newest time",
      parameters: [
        { name: "prefix", doc: "only paths that begin so, such as binance/bbo" },
        { name: "tree", doc: "1: nested by source, type and symbol" },
      ],
      answers: { 200: "the paths" },
      run: ({ query }) => {
        const states = paths.all(query.get("prefix") ?? "").map(stateOf);
        return jsonAnswer(query.get("tree") === "1" ? { tree: treeOf(states) } : { paths: states });
      },
    },
    {
      method: "GET",
      path: "/v1/last/{path}",
      summary: "The newest event of a path",
      answers: { 200: "the event", 204: "the path has had none yet", 404: "nobody publishes it; the hint has the nearest" },
      run: ({ rest }) => {
        const node = knownPath(paths, rest);
        if (node.last === undefined) return new Response(null, { status: 204 });
        const event = eventJson(node.type, node.last);
        return textAnswer(200, "application/json", `{"path":${JSON.stringify(node.path)},"seq":${node.seq},"event":${event}}\n`);
      },
    },
    {
      method: "GET",
      path: "/v1/stream",
      summary: "Current values, then every event after them: server-sent events, or a WebSocket that asks for it",
      parameters: [{
        name: "path",
        doc: "a path or pattern, such as binance/bbo/*; may come several times; a WebSocket may also ask in messages",
      }],
      answers: {
        200: 'data: lines, a message each: {"path","seq","event"}, {"path","lagged"}, {"path","gap"} (a gap row about the path), {"error"}',
        101: "a WebSocket with the same messages",
        400: "no path was named",
      },
      run: (asked) => stream(streams, asked),
    },
  ];
}

/** The open path somebody meant. Throws AskError with the nearest ones. */
export function knownPath(paths: Paths, raw: string) {
  for (const candidate of spellings(raw)) {
    const node = paths.get(candidate);
    if (node !== undefined) return node;
  }
  throw unknownPath(paths, raw);
}

/** The path as sent, and as it is when somebody encoded it once more, as URL builders do. */
export function spellings(raw: string): string[] {
  const candidates = [canonicalPath(raw)];
  try {
    candidates.push(canonicalPath(decodeURIComponent(raw)));
  } catch {
    // It was not encoded.
  }
  return [...new Set(candidates)].filter((candidate) => candidate !== undefined);
}

export function unknownPath(paths: Paths, raw: string): AskError {
  const near = paths.near(raw.slice(0, 200));
  const hint = near.length === 0 ? "/v1/paths lists what is published." : `Near: ${near.join(", ")}.`;
  return new AskError(404, "unknown_path", `Nobody publishes ${JSON.stringify(raw.slice(0, 200))}.`, hint);
}

function stream(streams: StreamContext, { request, query, address }: Asked): Answer {
  const patterns = query.getAll("path").flatMap((text) => text.split(",")).filter((text) => text !== "");
  const { headers } = request;
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") {
    if (patterns.length === 0) {
      throw new AskError(400, "no_path", "No path was named.", "Ask for /v1/stream?path=binance/bbo/BTCUSDT, or open a WebSocket here.");
    }
    return eventStreamLine(streams, address, patterns);
  }
  const key = headers.get("sec-websocket-key") ?? "";
  if (headers.get("sec-websocket-version") !== "13" || !/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    throw new AskError(426, "bad_handshake", "The WebSocket handshake is none.", "Version 13 is spoken here.");
  }
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  return webSocketLine(streams, address, patterns, offered.includes(PROTOCOL) ? PROTOCOL : undefined);
}

function stateOf({ path, node, rate, lagMs }: PathState) {
  return {
    path,
    type: node.type.name,
    rate: Math.round(rate * 1_000) / 1_000,
    events: node.seq,
    last_time: node.last === undefined ? null : isoOf(node.last.recvTime),
    lag_ms: lagMs ?? null,
  };
}

function treeOf(states: readonly ReturnType<typeof stateOf>[]): object {
  const tree: Record<string, Record<string, Record<string, object>>> = Object.create(null);
  for (const { path, ...state } of states) {
    const { source, type, symbol } = partsOf(path);
    ((tree[source] ??= Object.create(null))[type] ??= Object.create(null))[symbol] = state;
  }
  return tree;
}
