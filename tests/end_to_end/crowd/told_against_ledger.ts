import * as fs from "node:fs";
import type { LedgerBook, OwedEvent } from "../../../src/sim/venue/ledger_book.ts";

const IDS: Readonly<Record<string, readonly [first: string, last: string]>> = {
  trade: ["trade_id", "trade_id"],
  bbo: ["update_id", "update_id"],
  depth: ["first_update_id", "last_update_id"],
};
const SHOWN = 10;

/** What of the told events is not what the venue sent, in words. Also how many were compared. */
export function toldDifferences(toldFile: string, ledger: LedgerBook): { readonly compared: number; readonly differences: string[] } {
  const sent = new Map<string, Map<string, OwedEvent[]>>();
  for (const [path, events] of ledger.owed()) {
    const byId = new Map<string, OwedEvent[]>();
    sent.set(path, byId);
    // Two sockets may cut the same window of a book at different times.
    for (const event of events) byId.set(event.seq.join("-"), [...byId.get(event.seq.join("-")) ?? [], event]);
  }
  const differences: string[] = [];
  let compared = 0;
  for (const line of lines(toldFile)) {
    const { path, event } = JSON.parse(line) as { path: string; event: Record<string, unknown> };
    const ids = IDS[path.split("/")[1]!];
    if (ids === undefined || event["origin"] !== "live") continue; // own rows, and what was fetched and never sent to anyone
    compared++;
    const candidates = sent.get(path)?.get(ids.map((column) => event[column]).join("-")) ?? [];
    const wrong = candidates.map((candidate) => wrongColumn(candidate, event));
    if (!wrong.includes(undefined)) differences.push(`${path} ${line.slice(0, 200)}: ${wrong[0] ?? "was never sent"}`);
    if (differences.length > SHOWN) break;
  }
  return { compared, differences };
}

function wrongColumn({ fields, t, symbol }: OwedEvent, event: Readonly<Record<string, unknown>>): string | undefined {
  for (const [column, expected] of Object.entries(fields)) {
    if (JSON.stringify(plain(event[column])) !== JSON.stringify(expected)) return `${column} is ${JSON.stringify(event[column])}`;
  }
  const time = event["event_time"] as string | null;
  const us = time === null ? null : 1_000 * Date.parse(`${time.slice(0, 23)}Z`) + Number(time.slice(23, 26));
  return us !== t ? `event_time is ${time}` : event["symbol"] !== symbol ? `symbol is ${event["symbol"]}` : undefined;
}

/** A book's levels as the ledger has them. */
function plain(value: unknown): unknown {
  return Array.isArray(value) ? value.map(({ price, size }: { price: number; size: number }) => [price, size]) : value;
}

/** A file too long for one text. */
function* lines(path: string): Generator<string> {
  const file = fs.openSync(path, "r");
  const bytes = new Uint8Array(1 << 20);
  const decoder = new TextDecoder();
  let text = "";
  for (let length = fs.readSync(file, bytes); length > 0; length = fs.readSync(file, bytes)) {
    const parts = (text + decoder.decode(bytes.subarray(0, length), { stream: true })).split("\n");
    text = parts.pop()!;
    yield* parts;
  }
  fs.closeSync(file);
}
