/** `bun scripts/bench/receiver.ts WS_URL SYMBOLS SECONDS`: the runtime's own WebSocket and nothing behind it: what receiving alone costs. */
import process from "node:process";
import { symbolNames } from "./frames.ts";

const [url, symbols, seconds] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const NAMES_PER_REQUEST = 100;
const streams = symbolNames(symbols).flatMap((symbol) =>
  ["trade", "bookTicker", "depth@100ms"].map((kind) => `${symbol.toLowerCase()}@${kind}`)
);
let frames = 0;
let bytes = 0;
let before: NodeJS.CpuUsage | undefined;
let framesBefore = 0;

const socket = new WebSocket(`${url}/stream`);
socket.onopen = () => {
  for (let i = 0; i < streams.length; i += NAMES_PER_REQUEST) {
    socket.send(JSON.stringify({ method: "SUBSCRIBE", params: streams.slice(i, i + NAMES_PER_REQUEST), id: i + 1 }));
  }
};
socket.onmessage = ({ data }) => {
  frames++;
  bytes += (data as string).length;
  if (frames === WARM_UP_FRAMES) begin();
};
const WARM_UP_FRAMES = 100_000;

function begin(): void {
  before = process.cpuUsage();
  framesBefore = frames;
  setTimeout(() => {
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ frames: frames - framesBefore, bytes, cpuUs: user + system }));
    process.exit(0);
  }, seconds * 1_000);
}
