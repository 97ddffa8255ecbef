import assert from "node:assert/strict";
import { depth, type DepthEvent } from "../../src/events/depth.ts";
import type { EventType } from "../../src/events/event_type.ts";
import { eventTypeOf } from "../../src/events/registry.ts";
import { trade, type TradeEvent } from "../../src/events/trade.ts";
import type { StorageError } from "../../src/lib/errors.ts";
import { US_PER_DAY } from "../../src/lib/time.ts";
import type { Committed } from "../../src/processing/journal/committed.ts";
import { JournalService } from "../../src/processing/journal/journal_service.ts";
import { serveJournal } from "../../src/processing/journal/journal_thread.ts";
import type { Recovery } from "../../src/processing/journal/recovery.ts";
import { fileEnd, storageWorld } from "../../src/processing/storage/day_file.ts";
import { decodeTable } from "../../src/processing/storage/parquet/decode.ts";
import { newGeneration } from "../../src/processing/storage/paths.ts";
import { StorageHandler } from "../../src/processing/storage/storage_handler.ts";
import { StorageService } from "../../src/processing/storage/storage_service.ts";
import { serveStorage } from "../../src/processing/storage/storage_thread.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import type { DiskVerdict } from "../../src/sim/world/virtual_disk.ts";
import { World } from "../../src/sim/world/world.ts";
import { Happenings } from "../../src/telemetry/happenings.ts";
import { type LogLine, Telemetry } from "../../src/telemetry/telemetry.ts";
import { eventsOf } from "../processing/storage/support.ts";

const real = await loadRuntime(import.meta.url);
const DATA = "/data";
const MIDNIGHT = Math.ceil(1_795_000_000_000_000 / US_PER_DAY) * US_PER_DAY;
const TIMES = { flushIntervalMs: 450, writeIntervalMs: 60, syncIntervalMs: 200, rowEveryMs: 45 };
const LOST_MS = 1_000;
/** Trades of a lively symbol with its book, and of one that hardly trades. */
const STREAMS = [["A", 1], ["QUIET", 17]] as const;

interface Sent {
  readonly id: number;
  readonly life: Life;
  readonly ms: number;
}

interface Life {
  committed: Committed | undefined;
  /** Of when it was killed. */
  endMs: number;
}

interface Running {
  readonly storage: StorageService;
  readonly journal: JournalService;
  readonly trades: StorageHandler<TradeEvent>;
  readonly books: StorageHandler<DepthEvent>;
  /** Ends what feeds it. */
  stop: () => void;
}

/** Everything between the buffers and the day files, threads and all, fed with numbered rows over a midnight in one world. */
export class StorageScene {
  readonly world: World;
  readonly log: LogLine[] = [];
  readonly sent = new Map<string, Sent[]>();
  readonly startTime = MIDNIGHT - 800_000;
  recovery: Recovery | undefined;
  #lives: Life[] = [];
  #running: Running | undefined;
  #ticks = 0;
  readonly #sealed: "together" | "apart";

  /** `together`: all streams are sealed at one moment, so that tests can say which rows are in a chunk; else each at its own, as recorders do. */
  constructor(seed = 1, sealed: "together" | "apart" = "together") {
    this.#sealed = sealed;
    const entries = { storage: serveStorage, journal: serveJournal };
    this.world = new World(real, { seed, entries, startTime: this.startTime });
    const { disk } = this.world.runtime("recorder"); // as whoever locks the data path does
    disk.makeFolder(DATA);
    disk.syncFolder("/");
    this.world.host("recorder").kill();
  }

  get disk() {
    return this.world.host("recorder").disk;
  }

  /** A process that takes over what the last one left, and then takes rows. */
  start(): void {
    const runtime = this.world.runtime("recorder");
    const happenings = new Happenings(new Telemetry(runtime.clock, (line) => this.log.push(line)));
    const life: Life = { committed: undefined, endMs: Infinity };
    this.#lives.push(life);
    const options = { dataPath: DATA, hash: newGeneration(runtime.clock.wallTime(), runtime.random.bytes(4)) };
    const storage: StorageService = new StorageService(runtime, happenings, {
      ...options,
      writer: "argus test",
      flushIntervalMs: TIMES.flushIntervalMs,
      recovers: true,
      merged: (path, chunks) => journal.merged({ path, chunks }),
    });
    const journal = new JournalService(runtime, happenings, {
      ...options,
      ...TIMES,
      segmentBytesMax: 3_000,
      held: () => storage.held(),
      committed: (committed) => void (life.committed = committed),
    });
    const { flushIntervalMs } = TIMES;
    const sealing = this.#sealed === "apart" ? { flushIntervalMs, sealRows: 1 } : {};
    const trades = new StorageHandler(runtime, trade, storage, sealing);
    const books = new StorageHandler(runtime, depth, storage, sealing);
    if (this.#sealed === "together") {
      runtime.timers.every(flushIntervalMs, () => [trades, books].forEach((handler) => [...handler.sealEach()]));
    }
    for (const writer of [trades, books]) journal.follow(writer);
    const running: Running = this.#running = { storage, journal, trades, books, stop: () => {} };
    void storage.recovered.then((recovery) => {
      this.recovery = recovery;
      running.stop = runtime.timers.every(TIMES.rowEveryMs, () => this.#feed(running, life, runtime.clock.wallTime()));
    });
  }

  /** Dies at the n-th operation that changes the disk, counted from now. */
  dieAt(n: number, how: "killed" | "power" | "torn" = "killed"): void {
    this.disk.failOn((_op, _path, count) => {
      if (count === n) this.die(how);
      return undefined;
    });
  }

  /** What comes from now on cannot be kept. */
  stopOwing(): void {
    const life = this.#lives.at(-1)!;
    life.endMs = Math.min(life.endMs, this.world.nowMs);
  }

  die(how: "killed" | "power" | "torn" = "killed"): void {
    this.stopOwing();
    const host = this.world.host("recorder");
    if (how === "killed") host.kill();
    else host.powerCut({ isTorn: how === "torn" });
    this.#running = undefined;
  }

  /** Room on the disk, beside what is on it. */
  set roomMb(megabytes: number) {
    this.disk.capacityBytes = this.disk.usedBytes + megabytes * 1024 ** 2;
  }

  /** Resolves with what ends a recorder whose disk does not heal. */
  get failed(): Promise<StorageError> {
    return this.#running!.storage.failed;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  failOn(verdict: DiskVerdict): void {
    this.disk.failOn(verdict);
  }

  /** As `record` ends: rows into day files, and the journal away. False where it died on the way, or the disk refused. */
  async drain(): Promise<boolean> {
    const running = this.#running;
    if (running === undefined) return false;
    running.stop();
    let outcome: "drained" | "refused" | undefined;
    running.storage.drain([running.trades, running.books]).then(() => running.journal.remove()).then(
      () => outcome = "drained",
      () => outcome = "refused",
    );
    await this.world.runUntil(() => outcome !== undefined || !this.isRunning, 60_000);
    if (outcome !== undefined) {
      this.world.host("recorder").kill();
      this.#running = undefined;
    }
    return outcome === "drained";
  }

  /**
   * Day files hold every row but those of the last second of a life that was cut off, each once, in order, unaltered; and all that was ever
   * committed. Nothing of ours is left under tmp/.
   */
  async assertStored(what: string, options: { readonly isClean?: boolean } = {}): Promise<number> {
    const stored = await this.stored();
    let rows = 0;
    for (const [path, sent] of this.sent) {
      const ids = stored.get(path) ?? [];
      rows += ids.length;
      for (const [i, id] of ids.entries()) {
        assert.ok(i === 0 || id > ids[i - 1]!, `${what}: ${path}: row ${i} (${id}) stands behind ${ids[i - 1]}`);
      }
      const found = new Set(ids);
      const lost = sent.filter(({ id, life, ms }) => !found.has(id) && ms < life.endMs - LOST_MS);
      assert.deepEqual(lost.map(({ id, ms }) => `${id} of ${ms}`), [], `${what}: ${path}: rows are lost`);
      for (const [i, life] of this.#lives.entries()) {
        const committed = life.committed?.streams.get(path) ?? 0;
        const kept = sent.filter((row) => row.life === life && found.has(row.id)).length;
        assert.ok(kept >= committed, `${what}: ${path}: ${committed} rows of life ${i} were committed, ${kept} are there`);
      }
      const known = new Set(sent.map(({ id }) => id));
      assert.deepEqual(ids.filter((id) => !known.has(id)), [], `${what}: ${path}: rows nobody sent`);
    }
    const left = [...this.disk.files().keys()].filter((name) => name.startsWith(`${DATA}/tmp/`));
    if (options.isClean !== false) assert.deepEqual(left, [], `${what}: files are left`);
    return rows;
  }

  #feed({ trades, books }: Running, life: Life, recvTime: number): void {
    const tick = ++this.#ticks;
    for (const [symbol, every] of STREAMS) {
      if (tick % every !== 0) continue;
      const base = { recvTime, eventTime: recvTime - 5, source: "binance", symbol, origin: "live" } as const;
      trades.append(this.#note("trade", symbol, tick, life), {
        ...base,
        tradeId: tick,
        tradeKey: undefined,
        price: tick / 100,
        size: tick / 8,
        side: tick % 3 === 0 ? undefined : "buy",
      });
      if (every > 1 || tick % 3 !== 0) continue;
      books.append(this.#note("depth", symbol, tick, life), {
        ...base,
        firstUpdateId: tick,
        lastUpdateId: tick,
        prevUpdateId: undefined,
        isSnapshot: false,
        bids: Array.from({ length: tick % 4 }, (_, i) => [tick + i, i]),
        asks: [],
      });
    }
  }

  #note(type: string, symbol: string, id: number, life: Life): string {
    const path = `binance/${type}/${symbol}`;
    const sent = this.sent.get(path) ?? [];
    sent.push({ id, life, ms: this.world.nowMs });
    this.sent.set(path, sent);
    return path;
  }

  /** Ids in day files, a stream each, in the order of files and rows. */
  async stored(): Promise<Map<string, number[]>> {
    const world = storageWorld(real, "argus test");
    const stored = new Map<string, number[]>();
    for (const [name, bytes] of this.disk.files()) {
      const [, path, date] = /^\/data\/(binance\/\w+\/\w+)\/\d{4}\/([\d-]+)\.pq$/.exec(name) ?? [];
      if (path === undefined) continue;
      const type = eventTypeOf(path.split("/")[1]!) as EventType;
      const end = fileEnd(world, { readAt: (offset, length) => bytes.slice(offset, offset + length) }, bytes.length);
      assert.ok(end !== undefined, `${name} cannot be read`);
      const events = eventsOf(type, await decodeTable(type, bytes, end.metadata, real.compression)) as (TradeEvent & DepthEvent)[];
      for (const event of events) {
        const id = event.tradeId ?? event.lastUpdateId!;
        assert.equal(new Date(event.recvTime / 1_000).toISOString().slice(0, 10), date, `${name}: a row of another day`);
        assert.deepEqual(event.bids ?? event.price, event.bids === undefined ? id / 100 : booked(id), `${name}: ${id} was altered`);
        stored.set(path, [...stored.get(path) ?? [], id]);
      }
    }
    return stored;
  }
}

function booked(id: number): [number, number][] {
  return Array.from({ length: id % 4 }, (_, i) => [id + i, i]);
}
