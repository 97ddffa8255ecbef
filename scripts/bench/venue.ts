import * as net from "node:net";
import { fileURLToPath } from "node:url";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const SYMBOLS = 50;
const RATE = 1_000_000; // more than it can send: what arrives is what it can
const SECONDS = 4;
const NAMES_PER_REQUEST = 100;

/** What `argus simulate` can send to one fast client over loopback: a venue slower than the recorder would measure itself. */
export async function venue(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const ledger of [[], ["--ledger", `${folder}/ledger.ndjson`]]) {
    const flags = ["--symbols", String(SYMBOLS), "--rate", String(RATE), "--json", ...ledger];
    const child = runChild([process.execPath, main, "simulate", ...flags], { cwd: folder });
    const { ws_url, http_url } = JSON.parse(await child.first) as { ws_url: string; http_url: string };
    const counter = new Counter(ws_url, await streamsOf(http_url));
    await counter.flowing;
    const [before, startMs] = [counter.frames, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
    const value = (counter.frames - before) / (performance.now() - startMs) * 1_000;
    counter.close();
    child.stop();
    await child.ended;
    figures.push({ what: `simulated venue to one client, ${ledger.length === 0 ? "without" : "with"} a ledger`, value, unit: "events/s" });
  }
  return figures;
}

async function streamsOf(httpUrl: string): Promise<string[]> {
  const { symbols } = await (await fetch(`${httpUrl}/api/v3/exchangeInfo?symbolStatus=TRADING`)).json() as {
    symbols: { symbol: string }[];
  };
  return symbols.flatMap(({ symbol }) => ["trade", "bookTicker", "depth@100ms"].map((kind) => `${symbol.toLowerCase()}@${kind}`));
}

/** A WebSocket client that only counts: it reads the length of a frame and skips it. */
class Counter {
  frames = 0;
  readonly flowing: Promise<void>;
  readonly #socket: net.Socket;
  #left = 0;
  #head = new Uint8Array(0) as Uint8Array;

  constructor(wsUrl: string, streams: readonly string[]) {
    const { hostname, port } = new URL(wsUrl);
    this.#socket = net.connect(Number(port), hostname);
    this.#socket.write(
      "GET /stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    this.flowing = new Promise((resolve) => {
      this.#socket.once("data", () => {
        this.#subscribe(streams);
        this.#socket.on("data", (bytes) => {
          this.#count(bytes as Uint8Array);
          if (this.frames > 1_000) resolve();
        });
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #subscribe(streams: readonly string[]): void {
    for (let i = 0; i < streams.length; i += NAMES_PER_REQUEST) {
      const text = new TextEncoder().encode(
        JSON.stringify({ method: "SUBSCRIBE", params: streams.slice(i, i + NAMES_PER_REQUEST), id: i + 1 }),
      );
      // Masked, as a client must, with a mask that changes nothing.
      this.#socket.write(Uint8Array.of(0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0));
      this.#socket.write(text);
    }
  }

  /** Frames of a venue are shorter than 64 KiB: two or four bytes of head. */
  #count(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, bytes.length - at);
        this.#left -= skipped;
        at += skipped;
        continue;
      }
      this.#head = Uint8Array.of(...this.#head, bytes[at++]!);
      const short = this.#head[1];
      if (short === undefined || (short === 126 && this.#head.length < 4)) continue;
      this.#left = short < 126 ? short : this.#head[2]! * 256 + this.#head[3]!;
      this.#head = new Uint8Array(0);
      this.frames++;
    }
  }
}
