import { DecodeError } from "../../lib/errors.ts";
import type { Classified, ControlFrame } from "../source.ts";

export const CONTROL_BYTES_MAX = 3_500; // the venue ignored frames above ~4,096 bytes on the wire without a word (measured by others, 2024-12)
const AROUND_PARAMS_BYTES = 100; // method, brackets and an id of sixteen digits take 65

/** SUBSCRIBE or UNSUBSCRIBE frames, each within the venue's size. Ids are small positive integers: other forms have been refused. */
export function controlFrames(method: "SUBSCRIBE" | "UNSUBSCRIBE", streams: readonly string[], firstId: number): ControlFrame[] {
  const frames: ControlFrame[] = [];
  const encoder = new TextEncoder();
  let params: string[] = [];
  let bytes = 0;
  const close = () => {
    if (params.length === 0) return;
    const id = firstId + frames.length;
    frames.push({ id, text: JSON.stringify({ method, params, id }), streams: params });
    params = [];
    bytes = 0;
  };
  for (const stream of streams) {
    const cost = encoder.encode(JSON.stringify(stream)).length + 1;
    if (bytes + cost > CONTROL_BYTES_MAX - AROUND_PARAMS_BYTES) close();
    params.push(stream);
    bytes += cost;
  }
  close();
  return frames;
}

/**
 * Combined frames `{"stream","data"}`, acknowledgements `{"result","id"}`, errors flat `{"code","msg","id"}` as documented or nested
 * `{"error":{…},"id"}` as seen on the wire, and the shutdown notice raw or combined (spot, 2026-05). Captures also hold answers of
 * `GET /api/v3/depth`, which do not say whose book they are.
 */
export function classify(text: string): Classified {
  const frame = parse(text);
  if (typeof frame.stream === "string" && "data" in frame) {
    return frame.stream === "!serverShutdown" ? { kind: "shutdown" } : { kind: "data", stream: frame.stream, data: frame.data };
  }
  if (frame.e === "serverShutdown") return { kind: "shutdown" };
  const id = typeof frame.id === "number" ? frame.id : undefined; // ours are numbers; an answer without one names no request
  if (frame.error !== undefined) return errorOf(isRecord(frame.error) ? frame.error : { msg: frame.error }, id);
  if (typeof frame.msg === "string") return errorOf(frame, id);
  if ("result" in frame) return id === undefined ? { kind: "other", what: "an answer to no request of ours" } : { kind: "ack", id };
  if (typeof frame.lastUpdateId === "number" && Array.isArray(frame.bids)) {
    return { kind: "other", what: "a REST snapshot without a symbol" };
  }
  throw new DecodeError("shape", `no frame of this venue: keys ${Object.keys(frame).slice(0, 8).join(", ")}`);
}

function errorOf({ code, msg }: Record<string, unknown>, id: number | undefined): Classified {
  return {
    kind: "error",
    id,
    code: typeof code === "number" ? code : undefined,
    message: typeof msg === "string" ? msg : `no message: ${JSON.stringify(msg ?? null).slice(0, 100)}`,
  };
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DecodeError("json", cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (!isRecord(value)) throw new DecodeError("shape", "frame is no JSON object");
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
