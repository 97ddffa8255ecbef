import { fileURLToPath } from "node:url";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";

const folderOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const SYMBOLS = 100;
const RATE = 150_000;
const SECONDS = 5;

/** The runtime's own WebSocket with nothing behind it: no recorder can cost less. */
export async function receive(folder: string): Promise<Figure[]> {
  const flags = [String(SYMBOLS), String(RATE), String(10 * SECONDS)];
  const venue = runChild([process.execPath, folderOf("fast_venue.ts"), ...flags], { cwd: folder });
  const { ws_url } = JSON.parse(await venue.first);
  const client = runChild([process.execPath, folderOf("receiver.ts"), ws_url, String(SYMBOLS), String(SECONDS)], { cwd: folder });
  const { lines } = await client.ended;
  venue.stop();
  await venue.ended;
  const { frames, bytes, cpuUs } = JSON.parse(lines.at(-1)!) as { frames: number; bytes: number; cpuUs: number };
  return [
    { what: "receive only, flood", value: cpuUs / frames, unit: "µs CPU/frame" },
    { what: "size of a frame, mix", value: bytes / frames, unit: "B" },
  ];
}
