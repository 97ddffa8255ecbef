/** socket ▸ worker ▸ codec ▸ router ▸ path ▸ [buffer] ▸ chunk ▸ day file.  In: events of many paths. Out: sealed tables, one per stream and day. */
import type { Agora } from "../../agora/agora.ts";
import type { PathNode, Tap } from "../../agora/path_node.ts";
import type { EventBase, EventType } from "../../events/event_type.ts";
import { nextMidnight, US_PER_DAY } from "../../lib/time.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import { BatchBuilder, type Gathered, type Place } from "../journal/batch.ts";
import type { JournalWriter } from "../journal/journal_service.ts";
import { bufferedMaxMs, largestFirst, lookOf, LOOKS_AN_INTERVAL } from "./sealing.ts";
import type { ChunkSink } from "./storage_service.ts";
import { type SealedTable, Table } from "./table.ts";

export interface StorageHandlerOptions {
  /** Absent: no tick; a chunk ends by rows, midnight or `sealEach` alone, so that the same rows make the same chunks. */
  readonly flushIntervalMs?: number;
  /** At its look, one an interval, a stream is sealed when it has so many rows, or when they have waited long enough. 1: at every look. */
  readonly sealRows?: number;
  /** So many are sealed at once, whatever the tick says. */
  readonly chunkRowsMax?: number;
  /** Of memory, over all streams; beyond it the large ones are sealed. */
  readonly bufferedBytesMax?: number;
}

const DEFAULTS = {
  sealRows: 4_096,
  chunkRowsMax: 65_536, // 4 MB of columns
  bufferedBytesMax: 32 * 1024 * 1024, // of each type
};

const UNCOLLECTED_BYTES_MAX = 32 * 1024 * 1024; // a journal so far behind goes without rows that are sealed: they are on their way to a chunk

/** The rows of a path that are in memory. It hears the path itself. */
class Buffer<T extends EventBase> implements Tap {
  readonly path: string;
  readonly look: number;
  readonly table: Table<T>;
  /** Its path is open: events come straight here, so it stays. */
  isFed = false;
  /** Rows of it that the journal was given. */
  journalled = 0;
  /** The first µs after the day of its rows, which all lie on one. */
  untilTime = 0;
  sinceMs = 0;
  /** What left it, and those of its path before it. */
  sealed: Sealed;
  readonly #append: (buffer: Buffer<T>, event: T) => void;

  constructor(path: string, type: EventType<T>, sealed: Sealed, append: (buffer: Buffer<T>, event: T) => void) {
    this.path = path;
    this.look = lookOf(path);
    this.table = new Table(type);
    this.sealed = sealed;
    this.#append = append;
  }

  event(_node: PathNode, event: EventBase): void {
    this.#append(this, event as T);
  }

  ended(): void {
    this.isFed = false;
  }
}

/** What of a stream has left its buffer. */
interface Sealed {
  readonly chunks: number;
  readonly rows: number;
}

const NOTHING: Sealed = { chunks: 0, rows: 0 };

/** Rows of one data type on their way to disk: a column buffer for each stream, sealed by time, size and midnight. */
export class StorageHandler<T extends EventBase> implements JournalWriter, Disposable {
  readonly #clock: Runtime["clock"];
  readonly #type: EventType<T>;
  readonly #sink: ChunkSink;
  readonly #options: typeof DEFAULTS & StorageHandlerOptions;
  readonly #buffers = new Map<string, Buffer<T>>();
  readonly #sealed = new Map<string, Sealed>();
  readonly #tick: Cancel;
  readonly #journal: BatchBuilder<T>;
  /** Buffers with rows the journal was not given. */
  #fresh: Buffer<T>[] = [];
  #looks = 0;
  #rowsBuffered = 0;
  #bytesBuffered = 0;
  #rows = 0;
  #isJournalled = true;

  constructor(runtime: Pick<Runtime, "clock" | "timers">, type: EventType<T>, sink: ChunkSink, options: StorageHandlerOptions) {
    this.#clock = runtime.clock;
    this.#type = type;
    this.#sink = sink;
    this.#options = { ...DEFAULTS, ...options };
    this.#journal = new BatchBuilder(type);
    const { flushIntervalMs } = options;
    this.#tick = flushIntervalMs === undefined
      ? () => {}
      : runtime.timers.every(flushIntervalMs / LOOKS_AN_INTERVAL, () => this.#sealDue(flushIntervalMs));
  }

  /** Rows taken since the start. */
  get rows(): number {
    return this.#rows;
  }

  /** Every row that left the buffers was given to the journal: it was never far behind. */
  get isJournalled(): boolean {
    return this.#isJournalled;
  }

  /** Rows in buffers. */
  get rowsBuffered(): number {
    return this.#rowsBuffered;
  }

  /** Rows of a path that are in its buffer, and the chunk they will be sealed as. */
  peek(path: string): { readonly chunk: number; readonly table: SealedTable } | undefined {
    const buffer = this.#buffers.get(path);
    if (buffer === undefined || buffer.table.rows === 0) return undefined;
    return { chunk: buffer.sealed.chunks + 1, table: buffer.table.copy() };
  }

  /**
   * Takes every event of the matching paths, those that open later too, at the moment it is published: nothing queues between them and
   * the buffers, and a path looks for its buffer once. Until the paths end.
   */
  follow(agora: Agora, pattern: string): void {
    agora.follow(pattern, (node) => this.#feed(node));
  }

  append(path: string, event: T): void {
    this.#append(this.#bufferOf(path), event);
  }

  #feed(node: PathNode): void {
    const buffer = this.#bufferOf(node.path);
    buffer.isFed = true;
    node.attach(buffer);
  }

  readonly #append = (buffer: Buffer<T>, event: T): void => {
    this.#turnDay(buffer, event.recvTime);
    if (buffer.table.rows === buffer.journalled) this.#fresh.push(buffer);
    this.#bytesBuffered += buffer.table.append(event);
    this.#rows++;
    this.#rowsBuffered++;
    if (buffer.table.rows >= this.#options.chunkRowsMax) this.#seal(buffer);
    if (this.#bytesBuffered >= this.#options.bufferedBytesMax) this.#sealLarge();
  };

  /** Hands everything over, a stream at a time, and names it: whoever asks decides how fast. */
  *sealEach(): Generator<string> {
    for (const buffer of this.#buffers.values()) {
      if (buffer.table.rows === 0) continue;
      this.#seal(buffer);
      yield buffer.path;
    }
  }

  collect(): Gathered | undefined {
    for (const buffer of this.#fresh) {
      const { table, journalled } = buffer;
      if (table.rows === journalled) continue; // sealed since, or listed twice for that reason
      this.#journal.add(placeOf(buffer), table);
      buffer.journalled = table.rows;
    }
    this.#fresh = [];
    return this.#journal.take();
  }

  rewind(): void {
    for (const buffer of this.#buffers.values()) buffer.journalled = 0;
    this.#fresh = [...this.#buffers.values()];
  }

  /** Stops the tick. Rows not sealed by then stay here. */
  [Symbol.dispose](): void {
    this.#tick();
  }

  #bufferOf(path: string): Buffer<T> {
    let buffer = this.#buffers.get(path);
    if (buffer === undefined) {
      buffer = new Buffer(path, this.#type, this.#sealed.get(path) ?? NOTHING, this.#append);
      this.#buffers.set(path, buffer);
    }
    return buffer;
  }

  /** Also backwards: a clock set back over midnight puts its rows into the day they say. */
  #turnDay(buffer: Buffer<T>, recvTime: number): void {
    if (recvTime >= buffer.untilTime || recvTime < buffer.untilTime - US_PER_DAY) {
      this.#seal(buffer);
      buffer.untilTime = nextMidnight(recvTime);
    }
    if (buffer.table.rows === 0) buffer.sinceMs = this.#clock.monotonicMs();
  }

  #sealLarge(): void {
    for (const buffer of largestFirst(this.#buffers.values(), this.#bytesBuffered, this.#options.bufferedBytesMax)) {
      this.#seal(buffer);
      this.#free(buffer);
    }
  }

  #sealDue(flushIntervalMs: number): void {
    const look = this.#looks++ % LOOKS_AN_INTERVAL;
    const nowMs = this.#clock.monotonicMs();
    const nowTime = this.#clock.wallTime();
    const { sealRows } = this.#options;
    for (const [path, buffer] of this.#buffers) {
      if (buffer.look !== look) continue;
      if (buffer.table.rows === 0) this.#release(path, buffer);
      else if (
        buffer.table.rows >= sealRows || nowMs - buffer.sinceMs >= bufferedMaxMs(path, flushIntervalMs) || nowTime >= buffer.untilTime
      ) this.#seal(buffer);
    }
  }

  /** Delisted, or so quiet that its memory is better used. */
  #release(path: string, buffer: Buffer<T>): void {
    this.#free(buffer);
    if (buffer.isFed) return;
    this.#sealed.set(path, buffer.sealed);
    this.#buffers.delete(path);
  }

  #free({ table }: Buffer<T>): void {
    this.#bytesBuffered -= table.bytes;
    table.release();
  }

  #seal(buffer: Buffer<T>): void {
    const { path } = buffer;
    const { rows } = buffer.table;
    if (rows === 0) return;
    if (this.#journal.bytes >= UNCOLLECTED_BYTES_MAX) this.#isJournalled = false;
    else if (rows > buffer.journalled) this.#journal.keep(placeOf(buffer), buffer.table);
    buffer.journalled = 0;
    const { chunks, rows: before } = buffer.sealed;
    buffer.sealed = { chunks: chunks + 1, rows: before + rows };
    this.#rowsBuffered -= rows;
    const { bytes } = buffer.table;
    const sealed = buffer.table.seal();
    this.#bytesBuffered += buffer.table.bytes - bytes;
    this.#sink.put(path, chunks + 1, sealed, before);
  }
}

/** Of the rows that the journal does not have. */
function placeOf<T extends EventBase>({ path, journalled, sealed }: Buffer<T>): Place {
  return { path, chunk: sealed.chunks + 1, before: sealed.rows, first: journalled };
}
