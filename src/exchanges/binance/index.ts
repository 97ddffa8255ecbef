import * as v from "valibot";
import type { Source } from "../source.ts";
import { spotBbo } from "./spot_bbo.ts";
import { spotDepth } from "./spot_depth.ts";
import { spotTrade } from "./spot_trade.ts";
import { spotUniverse } from "./universe.ts";
import { classify, CONTROL_BYTES_MAX, controlFrames } from "./wire.ts";

const channels = [spotTrade, spotBbo, spotDepth];
const MB = 1024 * 1024;

const time = v.object({ serverTime: v.pipe(v.number(), v.safeInteger()) });

/** In µs: `restHeaders` asks for that unit. */
function serverTimeOf(answer: unknown): number | undefined {
  const parsed = v.safeParse(time, answer);
  return parsed.success ? parsed.output.serverTime : undefined;
}

/** Binance spot. Limits and heartbeat: web-socket-streams, "General WSS information" and rest-api, "LIMITS", read 2026-11. */
const spot: Source = {
  id: "binance",
  title: "Binance spot",
  endpoints: { ws: ["wss://stream.binance.com:9443"], rest: ["https://api.binance.com"] },
  channels,
  limits: {
    streamsPerSocketMax: 1_024,
    framesPerSecondMax: 5, // pings and pongs we send count too
    frameBytesMax: CONTROL_BYTES_MAX,
    connectsMax: 300,
    connectWindowMs: 300_000,
    inboundBytesMax: 16 * MB, // a depth frame is tens of KB in a burst
    socketAgeMaxMs: 24 * 3_600_000,
    restWeightPerMinute: 6_000,
  },
  // The venue pings every 20 s; ours go out only on a socket that is silent, far below the frame limit.
  heartbeat: { pingEveryMs: 4_000, silentAfterMs: 8_500, staleAfterMs: 30_000 },
  timeUnit: "us",
  restHeaders: { "x-mbx-time-unit": "MICROSECOND" },
  restUsedWeightHeader: "x-mbx-used-weight-1m",
  socketUrl: (endpoint) => `${endpoint.replace(/\/+$/, "")}/stream?timeUnit=MICROSECOND`,
  subscribe: (streams, firstId) => controlFrames("SUBSCRIBE", streams, firstId),
  unsubscribe: (streams, firstId) => controlFrames("UNSUBSCRIBE", streams, firstId),
  streamSpan: { before: '{"stream":"', until: '"' },
  classify,
  channelOf: (stream) => channels.find((channel) => channel.matches(stream)),
  universe: spotUniverse,
  time: { path: "/api/v3/time", weight: 1, timeOf: serverTimeOf }, // rest-api, "Check server time", read 2026-11
};

export const BINANCE_SOURCES: readonly Source[] = [spot];
