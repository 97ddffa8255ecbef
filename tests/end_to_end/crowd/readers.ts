/**
 * Clients of /v1/stream that are told everything and only read, in a process of their own: what they notice is not their own work. The first
 * stays. `readers.ts URL`. Lines on standard input: `phase 20` (so many others come anew, and delays are counted anew), `end`. Then it
 * prints a line of JSON.
 */
import process from "node:process";
import { shareOf } from "../../support/share_of.ts";
import { onLines } from "./lines.ts";

export interface ReadersPhase {
  readonly readersMessages: number;
  /** From the recorder's receiving an event to a reader's having it. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const RECV_TIME = '"recv_time":"';
const ISO_CHARS = 27;
const SAMPLED_EVERY = 8; // of the messages
const LATER_MS = 200; // than whoever else comes with a phase: who joined last is told last

const url = `${process.argv[2]!.replace("http", "ws")}/v1/stream?path=${encodeURIComponent("binance/*/*")}`;
const others: WebSocket[] = [];
const phases: ReadersPhase[] = [];
let phase: { readonly delaysMs: number[]; messages: number } | undefined;

reader();
onLines((line) => {
  if (phase !== undefined) phases.push({ readersMessages: phase.messages, delayMs: summed(phase.delaysMs) });
  phase = { delaysMs: [], messages: 0 };
  if (line === "end") {
    console.log(JSON.stringify(phases));
    process.exit(0);
  }
  for (const socket of others.splice(0)) socket.close();
  setTimeout(() => {
    for (let left = Number(line.split(" ")[1]); left > 0; left--) others.push(reader());
  }, LATER_MS);
});

function reader(): WebSocket {
  const socket = new WebSocket(url);
  const openedMs = nowMs();
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    if (phase === undefined || ++phase.messages % SAMPLED_EVERY !== 0) return;
    const atMs = receivedMs(data);
    if (atMs > openedMs) phase.delaysMs.push(nowMs() - atMs); // else it is a current value
  };
  return socket;
}

function receivedMs(text: string): number {
  const at = text.indexOf(RECV_TIME) + RECV_TIME.length;
  const iso = text.slice(at, at + ISO_CHARS);
  return Date.parse(`${iso.slice(0, 23)}Z`) + Number(iso.slice(23, 26)) / 1_000;
}

/** On the recorder's clock. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function summed(delays: number[]): ReadersPhase["delayMs"] {
  delays.sort((a, b) => a - b);
  const at = (share: number) => Math.round(100 * (shareOf(delays, share) ?? 0)) / 100;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
