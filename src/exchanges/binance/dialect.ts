import type { Dialect, VenueLimits } from "../dialect.ts";
import { control, type ErrorShape } from "./dialect_control.ts";
import { envelope, facts, foreign, recorded, render, shutdownNotice } from "./dialect_frames.ts";
import { accept, streamOf, topicOf } from "./dialect_names.ts";
import { failure, refusal, rest, weightHeaders } from "./dialect_rest.ts";

/** web-socket-streams, "General WSS information", and rest-api, "LIMITS", read 2026-11; what is only measured by others is marked. */
const limits: VenueLimits = {
  streamsMax: 1_024,
  framesPerSecondMax: 5,
  controlBytesMax: 4_088, // 4,088 B were answered, 4,106 B were not (measured by others, 2024-12)
  targetCharsMax: 8_000, // measured by others, 2019
  connectsMax: 300,
  connectWindowMs: 300_000,
  offencesMax: 5, // the venue says only that addresses that are disconnected again and again may be banned
  pingEveryMs: 20_000,
  pongWithinMs: 60_000,
  socketAgeMaxMs: 24 * 3_600_000,
  depthWindowMs: 100,
  weightPerMinute: 6_000,
  banMs: 120_000,
  banMsMax: 3 * 86_400_000,
};

/** Binance spot from the venue's side. Errors come nested, as seen on the wire, or flat, as documented. */
export function binanceSpotDialect(options: { readonly errorShape?: ErrorShape } = {}): Dialect {
  return {
    source: "binance",
    limits,
    accept,
    control: (text, connection) => control(text, connection, options.errorShape ?? "nested"),
    topicOf,
    streamOf,
    render,
    envelope,
    shutdownNotice,
    recorded,
    foreign,
    facts,
    rest,
    refusal,
    failure,
    weightHeaders,
  };
}
