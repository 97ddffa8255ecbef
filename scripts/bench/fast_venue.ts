/**
 * `bun scripts/bench/fast_venue.ts SYMBOLS RATE SECONDS [spread]`: enough of Binance spot to record from, at a tenth of a recorder's cost.
 * It prints its addresses, sends for SECONDS once streams are subscribed, and at SIGTERM prints what it sent. `spread` sends each frame
 * in a packet of its own, at its own time.
 */
import { createHash } from "node:crypto";
import process from "node:process";
import type { Socket } from "bun";
import { FrameRing } from "./frame_ring.ts";
import { symbolNames } from "./frames.ts";

const [symbolCount, rate, seconds] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const isSpread = process.argv[5] === "spread";
const SETTLE_MS = 1_500; // after the last SUBSCRIBE: a recorder subscribes its sockets one after the other
const FRAMES_RENDERED = 60_000; // of all clients together: what is rendered must be ready before the first is sent
const symbols = symbolNames(symbolCount);
const ringFrames = Math.min(16_384, Math.ceil(FRAMES_RENDERED * 100 / symbolCount));
const startTime = Date.now() * 1_000;

const feeds: Feed[] = [];
let subscribedMs = 0;
let startedMs = 0;
let endedMs = 0;
let snapshots = 0;

/** One client: what it subscribed, and how far its ring has been sent. */
class Feed {
  readonly #socket: Socket<Peer>;
  readonly streams = new Set<string>();
  #ring: FrameRing | undefined;
  /** Next frame to write, and bytes of it and before it that the kernel did not take. */
  #next = 0;
  #unsent: Uint8Array | undefined;
  sent = 0;

  constructor(socket: Socket<Peer>) {
    this.#socket = socket;
  }

  begin(framesPerSecond: number): void {
    const names = new Set([...this.streams].map((stream) => stream.slice(0, stream.indexOf("@")).toUpperCase()));
    if (names.size > 0) this.#ring = new FrameRing(ringFrames, [...names], startTime, Math.round(1e6 / framesPerSecond));
  }

  send(countMax: number): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    for (let count = countMax; count > 0 && this.#unsent === undefined;) {
      const to = Math.min(ring.frames, this.#next + (isSpread ? 1 : count));
      ring.prepare(this.#next, to);
      this.#write(ring.bytes.subarray(ring.starts[this.#next]!, ring.starts[to]!));
      this.sent += to - this.#next;
      count -= to - this.#next;
      this.#next = to;
      if (to < ring.frames) continue;
      this.#next = 0;
      ring.nextLap();
    }
  }

  /** The kernel has room again. */
  drained(): void {
    const unsent = this.#unsent;
    this.#unsent = undefined;
    if (unsent !== undefined) this.#write(unsent);
  }

  #write(bytes: Uint8Array): void {
    const taken = this.#socket.write(bytes);
    if (taken < bytes.length) this.#unsent = bytes.subarray(Math.max(0, taken));
  }
}

interface Peer {
  feed: Feed | undefined;
  received: Uint8Array;
}

const server = Bun.listen<Peer>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open: (socket) => {
      socket.data = { feed: undefined, received: new Uint8Array(0) };
      socket.setNoDelay(true);
    },
    data: (socket, bytes) => {
      socket.data.received = Uint8Array.of(...socket.data.received, ...bytes);
      if (socket.data.feed === undefined) hear(socket);
      else for (const text of framesOf(socket)) subscribe(socket, socket.data.feed, text);
    },
    drain: (socket) => socket.data.feed?.drained(),
    close: (socket) => {
      const at = feeds.indexOf(socket.data.feed!);
      if (at < 0) return;
      if (startedMs > 0) endedMs ||= performance.now();
      else feeds.splice(at, 1);
    },
  },
});
console.log(JSON.stringify({ ws_url: `ws://127.0.0.1:${server.port}`, http_url: `http://127.0.0.1:${server.port}` }));

function hear(socket: Socket<Peer>): void {
  const text = new TextDecoder().decode(socket.data.received);
  if (!text.includes("\r\n\r\n")) return;
  socket.data.received = new Uint8Array(0);
  const target = text.split(" ", 2)[1]!;
  const key = /sec-websocket-key: (.+)\r/i.exec(text)?.[1];
  if (key === undefined) return answer(socket, target);
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  feeds.push(socket.data.feed = new Feed(socket));
}

function answer(socket: Socket<Peer>, target: string): void {
  if (target.startsWith("/api/v3/depth")) snapshots++;
  const body = JSON.stringify(
    target.startsWith("/api/v3/exchangeInfo") ? universe() : { lastUpdateId: 99_000_000_000, bids: [], asks: [] },
  );
  socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
}

function universe(): unknown {
  return {
    symbols: symbols.map((symbol) => ({ symbol, status: "TRADING", baseAsset: symbol.slice(0, -4), quoteAsset: "USDT", filters: [] })),
  };
}

/** Whole text frames of a client. Pings are answered. */
function* framesOf(socket: Socket<Peer>): Generator<string> {
  const peer = socket.data;
  while (peer.received.length >= 6) {
    const { received } = peer;
    const isLong = (received[1]! & 127) === 126;
    const head = isLong ? 4 : 2;
    const length = isLong ? received[2]! * 256 + received[3]! : received[1]! & 127;
    if (received.length < head + 4 + length) return;
    const mask = received.subarray(head, head + 4);
    const payload = received.slice(head + 4, head + 4 + length).map((byte, i) => byte ^ mask[i & 3]!);
    peer.received = received.slice(head + 4 + length);
    if ((received[0]! & 15) === 1) yield new TextDecoder().decode(payload);
    else if ((received[0]! & 15) === 9 && startedMs === 0) socket.write(Uint8Array.of(0x8a, length, ...payload));
  }
}

function subscribe(socket: Socket<Peer>, feed: Feed, text: string): void {
  const { id, params } = JSON.parse(text) as { id: number; params: string[] };
  for (const stream of params) feed.streams.add(stream);
  const ack = new TextEncoder().encode(JSON.stringify({ result: null, id }));
  socket.write(Uint8Array.of(0x81, ack.length, ...ack));
  subscribedMs = performance.now();
}

function pump(): void {
  const nowMs = performance.now();
  if (startedMs === 0 && subscribedMs > 0 && nowMs - subscribedMs > SETTLE_MS && hasAllStreams()) {
    const streams = feeds.reduce((sum, feed) => sum + feed.streams.size, 0);
    for (const feed of feeds) feed.begin(rate * feed.streams.size / streams);
    startedMs = performance.now();
  }
  if (startedMs > 0 && endedMs === 0) {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs >= seconds * 1_000) endedMs = performance.now();
    const streams = feeds.reduce((sum, feed) => sum + feed.streams.size, 0);
    for (const feed of feeds) feed.send(Math.floor(rate * elapsedMs / 1_000 * feed.streams.size / streams) - feed.sent);
  }
  if (isSpread && startedMs > 0 && endedMs === 0) setImmediate(pump);
  else setTimeout(pump, 1);
}
pump();

function hasAllStreams(): boolean {
  return feeds.reduce((sum, feed) => sum + feed.streams.size, 0) >= 3 * symbolCount;
}

process.on("SIGTERM", () => {
  const sent = feeds.reduce((sum, feed) => sum + feed.sent, 0);
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ sent, snapshots, seconds: (endedMs - startedMs) / 1_000, cpuUs: user + system }));
  process.exit(0);
});
