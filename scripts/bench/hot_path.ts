import process from "node:process";
import { Agora } from "../../src/agora/agora.ts";
import { AgoraRouter } from "../../src/agora/router.ts";
import type { EventBase, EventType } from "../../src/events/event_type.ts";
import { Codec } from "../../src/exchanges/codec.ts";
import { sourceOf } from "../../src/exchanges/registry.ts";
import type { Publisher } from "../../src/agora/publisher.ts";
import type { Timers } from "../../src/runtime/runtime.ts";
import { StorageHandler } from "../../src/processing/storage/storage_handler.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import type { Figure } from "../bench.ts";
import { decode } from "./decoded.ts";
import { mixedFrames, symbolNames } from "./frames.ts";

const FRAMES = 60_000;
const SYMBOLS = 100;
const LAPS = 9; // the median: the first ones are compiled
const RECV_TIME = 1_795_000_000_000_000;
const KINDS = { bbo: "@bookTicker", trade: "@trade", depth: "@depth", mix: "@" };

const source = sourceOf("binance")!;
const { streamSpan: _, ...parsing } = source;

/** The socket's thread, step by step: a frame's text to an event, the event to its persistent path, and into columns. */
export async function hotPath(): Promise<Figure[]> {
  const { clock, timers } = await loadRuntime(new URL("../../src/main.ts", import.meta.url).href);
  const frames = [...mixedFrames(FRAMES, symbolNames(SYMBOLS))];
  const figures: Figure[] = [];
  for (const [kind, mark] of Object.entries(KINDS)) {
    const some = frames.filter((text) => text.includes(mark));
    for (const [how, from] of [["scanned", source], ["parsed", parsing]] as const) {
      const codec = new Codec(from);
      const value = median(() => () => some.forEach((text) => decode(codec, text, RECV_TIME)), some.length);
      if (codec.counts.scansDeclined > 0) throw new Error(`the scanner declined ${codec.counts.scansDeclined} frames of the bench`);
      figures.push({ what: `frame to event, ${kind}: ${how}`, value, unit: "ns CPU/event" });
    }
  }

  const codec = new Codec(source);
  const events = frames.map((text) => decode(codec, text, RECV_TIME));
  const publisherOf = publishers(new Agora(timers), timers);
  const join = median((lap) => {
    const published = events.map(({ type, event }) => ({ to: publisherOf(type, event), events: [later(event, lap)] }));
    return () => {
      for (const each of published) each.to.publish(each.events);
    };
  }, events.length);
  figures.push({ what: "join: temporary path to persistent path", value: join, unit: "ns CPU/event" });

  const rows = events.map(({ type, event }) => ({ type, event, path: `binance/${type.name}/${event.symbol}` }));
  const types = [...new Set(rows.map(({ type }) => type))];
  const columns = median(() => {
    const handlers = new Map(types.map((type) => [type, new StorageHandler<EventBase>({ clock, timers }, type, { put() {} }, {})]));
    return () => {
      for (const { type, path, event } of rows) handlers.get(type)!.append(path, event);
      for (const handler of handlers.values()) [...handler.sealEach()];
    };
  }, rows.length);
  figures.push({ what: "event into its symbol's columns, sealed", value: columns, unit: "ns CPU/event" });
  return figures;
}

/** The temporary path that feeds an event's persistent one, as a Worker has it. */
function publishers(agora: Agora, timers: Timers): (type: EventType, event: EventBase) => Publisher<EventBase> {
  const known = new Map<string, Publisher<EventBase>>();
  return (type, event) => {
    const path = `binance/${type.name}/${event.symbol}`;
    let publisher = known.get(path);
    if (publisher === undefined) {
      const { continuity } = source.channels.find((channel) => channel.event === type)!;
      const rule = continuity === undefined ? {} : { continuity };
      const router = new AgoraRouter<EventBase>(agora, timers, path, undefined, { type, holdMs: 1_000, ...rule });
      known.set(path, publisher = agora.open<EventBase>(`~1/${path}`, type));
      void router.relay(`~1/${path}`, { ready: Promise.resolve(), quietMs: 1, deadlineMs: 1 });
    }
    return publisher;
  };
}

const IDS = ["updateId", "tradeId", "firstUpdateId", "lastUpdateId"] as const;
const LAP_IDS = 10_000_000;

/** The same event a lap later: its ids lie behind those of the lap before. */
function later(event: EventBase, lap: number): EventBase {
  const copy = { ...event } as Record<string, unknown>;
  for (const id of IDS) if (copy[id] !== undefined) copy[id] = copy[id] as number + lap * LAP_IDS;
  return copy as unknown as EventBase;
}

/** CPU of what `prepare` returns, which is not counted itself. */
function median(prepare: (lap: number) => () => void, count: number): number {
  const costs = Array.from({ length: LAPS }, (_, lap) => {
    const run = prepare(lap);
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) * 1_000 / count;
  });
  return costs.sort((a, b) => a - b)[LAPS >> 1]!;
}
