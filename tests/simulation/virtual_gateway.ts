import type { VirtualHost } from "../../src/sim/world/virtual_host.ts";
import type { Message } from "../processing/gateway/stream_client.ts";

export interface VirtualAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** One request to a gateway in the simulated world, over its virtual loopback, byte for byte. */
export function askVirtually(host: VirtualHost, port: number, target: string): Promise<VirtualAnswer> {
  return new Promise((resolve, reject) => {
    let bytes = new Uint8Array(0);
    const client = host.loopback.connect(port, {
      data: (more) => bytes = Buffer.concat([bytes, more]),
      closed: () => {
        try {
          resolve(answerOf(bytes));
        } catch (error) {
          reject(error);
        }
      },
    });
    client.write(new TextEncoder().encode(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`));
  });
}

export interface Heard {
  readonly path: string;
  readonly seq: number;
  readonly lagged?: number;
  // deno-lint-ignore no-explicit-any -- what a test reads out of it
  readonly event: any;
}

/** Every event the gateway tells of some paths, from now on; `messages` is all it tells. */
export function listenVirtually(
  host: VirtualHost,
  port: number,
  pattern: string,
): { readonly heard: Heard[]; readonly messages: Message[]; hold(isHeld: boolean): void } {
  const heard: Heard[] = [];
  const messages: Message[] = [];
  let text = "";
  const decoder = new TextDecoder();
  const client = host.loopback.connect(port, {
    data: (bytes) => {
      text += decoder.decode(bytes, { stream: true });
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        if (!line.startsWith("data: ")) continue;
        const message = JSON.parse(line.slice(6));
        messages.push(message);
        if (message.gap === undefined) heard.push(message);
      }
    },
    closed: () => {},
  });
  client.write(new TextEncoder().encode(`GET /v1/stream?path=${pattern} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`));
  return { heard, messages, hold: (isHeld) => client.hold(isHeld) };
}

function answerOf(bytes: Uint8Array): VirtualAnswer {
  const end = Buffer.from(bytes).indexOf("\r\n\r\n");
  const [first = "", ...lines] = Buffer.from(bytes.subarray(0, end)).toString("latin1").split("\r\n");
  const headers = new Map(lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
  }));
  const body = bytes.subarray(end + 4);
  const whole = headers.get("transfer-encoding") === "chunked" ? unchunked(body) : body;
  return { status: Number(first.split(" ")[1]), headers, bytes: whole, text: new TextDecoder().decode(whole) };
}

function unchunked(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const buffer = Buffer.from(body);
  for (let at = 0;;) {
    const end = buffer.indexOf("\r\n", at);
    if (end < 0) throw new Error("the answer was cut off");
    const length = Number.parseInt(buffer.subarray(at, end).toString("latin1"), 16);
    if (length === 0) return Buffer.concat(parts);
    parts.push(buffer.subarray(end + 2, end + 2 + length));
    at = end + 4 + length;
  }
}
