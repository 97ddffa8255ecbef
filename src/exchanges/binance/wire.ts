import { DecodeError } from "../../lib/errors.ts";
import type { Classified, ControlFrame } from "../source.ts";

const SUBSCRIBE_BYTES_MAX = 3_500; // the venue ignored frames above ~4,096 bytes on the wire without a word (measured by others, 2024-12)

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
    if (bytes + cost > SUBSCRIBE_BYTES_MAX - 100) close();
    params.push(stream);
    bytes += cost;
  }
  close();
  return frames;
}

/**
 * Combined frames `{"stream","data"}`, acknowledgements `{"result","id"}`, errors flat `{"code","msg","id"}` as documented or nested
 * `{"error":{…},"id"}` as seen on the wire, and the shutdown notice raw or combined (spot, 2026-05).
 */
export function classify(text: string): Classified {
  const frame = parse(text);
  if (typeof frame.stream === "string" && "data" in frame) {
    return frame.stream === "!serverShutdown" ? { kind: "shutdown" } : { kind: "data", stream: frame.stream, data: frame.data };
  }
  if (frame.e === "serverShutdown") return { kind: "shutdown" };
  const id = typeof frame.id === "number" ? frame.id : undefined;
  const error = isRecord(frame.error) ? frame.error : frame;
  if (typeof error.msg === "string") {
    return { kind: "error", id, code: typeof error.code === "number" ? error.code : undefined, message: error.msg };
  }
  if ("result" in frame && id !== undefined) return { kind: "ack", id };
  throw new DecodeError("shape", `no frame of this venue: keys ${Object.keys(frame).slice(0, 8).join(", ")}`);
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
