import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { EventType } from "../../../src/events/event_type.ts";
import { trade, type TradeEvent } from "../../../src/events/trade.ts";
import { dateOf } from "../../../src/lib/time.ts";
import { type FileEnd, fileEnd, type StorageWorld, storageWorld } from "../../../src/processing/storage/day_file.ts";
import { FlushHandler } from "../../../src/processing/storage/flush_handler.ts";
import { bytesSource } from "../../../src/processing/storage/parquet/read_group.ts";
import { dayFilePath } from "../../../src/processing/storage/paths.ts";
import { type Rolled, rolling } from "../../../src/processing/storage/rolling.ts";
import type { StorageNews } from "../../../src/processing/storage/storage_messages.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";
import { World } from "../../../src/sim/world/world.ts";
import { stockTable } from "../../support/stock_decoder.ts";
import { aTrade, eventsOf, NOON, runtime, tableOf, world } from "./support.ts";

export const TYPE = trade as unknown as EventType;
export const PATH = "binance/trade/BTCUSDT";
export const DATE = dateOf(NOON);
const MINUTE_MS = 61_000;

/** Any disk, and a clock that goes on by a minute each time it is asked; or stands still, so that no file is written anew. */
export function worldOn(disk: Runtime["disk"], isGoing = true): StorageWorld {
  let nowMs = 0;
  const monotonicMs = () => isGoing ? nowMs += MINUTE_MS : 0;
  return storageWorld({ disk, compression: runtime.compression, clock: { ...world.clock, monotonicMs } }, "argus test");
}

/** One machine of a simulated world: its disk outlives its programs. */
export function machine(seed: number, isGoing = true) {
  const host = new World(runtime, { seed }).host("recorder");
  const { disk } = host.runtime();
  disk.makeFolder("/data"); // as whoever locks the data path does
  disk.syncFolder("/");
  host.kill();
  return { host, program: () => worldOn(host.runtime().disk, isGoing) };
}

/** What a recorder does with one stream's day. */
export class Day {
  readonly world: StorageWorld;
  readonly dataPath: string;
  readonly news: StorageNews[] = [];
  readonly handler: FlushHandler<TradeEvent>;

  constructor(world: StorageWorld, dataPath: string, generations: readonly string[] = ["g1"]) {
    this.world = world;
    this.dataPath = dataPath;
    this.handler = new FlushHandler(world, trade, {
      dataPath,
      source: "binance",
      flushIntervalMs: 60_000,
      tell: (each) => this.news.push(each),
    });
    for (const hash of generations) this.handler.bump_all(hash);
  }

  get file(): string {
    return dayFilePath(this.dataPath, PATH, DATE);
  }

  accept(chunk: number, events: readonly TradeEvent[], hash = "g1"): void {
    this.handler.accept("BTCUSDT", hash, chunk, tableOf(TYPE, events));
  }

  flush(): void {
    this.handler.flushAll("BTCUSDT");
  }

  roll(): Rolled {
    const steps = rolling(this.world, TYPE, { dataPath: this.dataPath, path: PATH, date: DATE });
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  bytes(): Uint8Array {
    return this.world.disk.read(this.file);
  }

  end(): FileEnd {
    const bytes = this.bytes();
    const end = fileEnd(this.world, bytesSource(bytes), bytes.length);
    assert.ok(end !== undefined, "the day file has no whole end");
    return end;
  }

  /** As the published reader reads them. */
  async rows(): Promise<TradeEvent[]> {
    return eventsOf(TYPE, await stockTable(TYPE, this.bytes(), this.end().metadata, this.world.compression)) as TradeEvent[];
  }
}

export function trades(count: number, from = NOON): TradeEvent[] {
  return Array.from({ length: count }, (_, i) => aTrade(from + i));
}

const random = new SeededRandom(20261124, "trades");
let price = 60_000_00;

/** Trades with prices, sizes and times that are as hard to pack as a market's. */
export function marketTrades(count: number): TradeEvent[] {
  return trades(count).map((event) => {
    price += random.below(5) === 0 ? random.below(201) - 100 : 0;
    const recvTime = event.recvTime + random.below(50_000);
    return { ...event, recvTime, eventTime: recvTime - recvTime % 1_000, price: price / 100, size: (1 + random.below(20_000)) / 1e5 };
  });
}

/** A file of a simulated disk where a reader of real files finds it. */
export function copyOut(bytes: Uint8Array, file: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
}
