import type { Dialect, Listing, MarketBook, MarketTrade, RecordedFrame } from "../../exchanges/dialect.ts";
import { ConfigError } from "../../lib/errors.ts";
import { US_PER_MS } from "../../lib/time.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";
import { type CaptureLine, captureLines, mergedLines } from "./capture_lines.ts";
import type { Audience, Feed } from "./feed.ts";
import { listingOf } from "./synthetic_market.ts";

const QUIET_MS = 500; // a cold start sends several SUBSCRIBE frames, some four a second
const BACKLOG_BYTES_MAX = 1024 * 1024; // at full speed we wait for the slowest: a recording must arrive whole
const BACKLOG_WAIT_MS = 1;
const FRAMES_PER_TURN = 256;
const TRADES_KEPT = 1_000; // what REST gives at most

export interface CaptureOptions {
  readonly files: readonly string[];
  /** How much faster than recorded. */
  readonly speed: number | "max";
  /** It plays once no new stream was watched for so long. */
  readonly quietMs?: number;
  /** What exchangeInfo says instead of the recorded symbols. */
  readonly listings?: readonly Listing[];
}

interface Snapshot extends CaptureLine {
  readonly symbol: string;
}

/** A recording, played once to whoever watches its streams. Lines without a stream are books, for REST. */
export class CaptureMarket implements Feed {
  readonly #runtime: Runtime;
  readonly #dialect: Dialect;
  readonly #options: CaptureOptions;
  readonly #streams: ReadonlySet<string>;
  readonly #snapshots: readonly Snapshot[];
  readonly #listings: readonly Listing[];
  readonly #trades = new Map<string, string[]>();
  readonly #finished: Promise<boolean>;
  #finish!: (isWhole: boolean) => void;
  #fail!: (error: unknown) => void;
  #audience: Audience | undefined;
  #cancelQuiet: Cancel = () => {};
  #isArmed = false;
  #isPlaying = false;
  #position = 0;

  /** Reads the recordings through, for the streams and books in them. */
  static async open(runtime: Runtime, dialect: Dialect, options: CaptureOptions): Promise<CaptureMarket> {
    const streams = new Set<string>();
    const books: CaptureLine[] = [];
    for (const file of options.files) {
      if (!runtime.disk.exists(file)) throw new ConfigError("--capture", `--capture: ${file} does not exist.`);
      for await (const lines of captureLines(runtime, file)) {
        for (const line of lines) {
          const frame = dialect.recorded(line.text);
          if (frame === undefined) books.push(line);
          else streams.add(checked(frame, dialect, file).stream);
        }
      }
    }
    if (streams.size === 0) throw new ConfigError("--capture", `--capture: no stream of ${dialect.source} in ${options.files.join(", ")}.`);
    books.sort((a, b) => a.recvTime - b.recvTime);
    return new CaptureMarket(runtime, dialect, options, streams, books);
  }

  private constructor(
    runtime: Runtime,
    dialect: Dialect,
    options: CaptureOptions,
    streams: ReadonlySet<string>,
    books: readonly CaptureLine[],
  ) {
    this.#runtime = runtime;
    this.#dialect = dialect;
    this.#options = options;
    this.#streams = streams;
    const symbols = [...new Set([...streams].map((stream) => dialect.topicOf(stream)?.symbol))].filter((each) => each !== undefined);
    this.#listings = options.listings ?? symbols.map((symbol) => listingOf(0, symbol));
    // A recorded book does not say whose it is.
    this.#snapshots = symbols.length === 1 ? books.map((line) => ({ ...line, symbol: symbols[0]! })) : [];
    this.#finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.#finished.catch(() => {}); // heard by whoever asks for `finished`
  }

  /** True: everything was sent and taken by the kernel. False: the feed was stopped before. */
  get finished(): Promise<boolean> {
    return this.#finished;
  }

  time(): number {
    return this.#runtime.clock.wallTime();
  }

  start(audience: Audience): void {
    this.#audience = audience;
  }

  watched(stream: string): void {
    if (this.#isPlaying || (!this.#isArmed && !this.#streams.has(stream))) return;
    this.#isArmed = true;
    this.#cancelQuiet();
    this.#cancelQuiet = this.#runtime.timers.after(this.#options.quietMs ?? QUIET_MS, () => {
      this.#isPlaying = true;
      this.#play().then(() => this.#finish(this.#audience !== undefined), (error) => this.#fail(error));
    });
  }

  unwatched(): void {}

  quiesce(): void {
    this.stop();
  }

  stop(): void {
    this.#cancelQuiet();
    this.#audience = undefined;
    if (!this.#isPlaying) this.#finish(false);
  }

  listings(): readonly Listing[] {
    return this.#listings;
  }

  /** The newest recorded book at the place that plays, or the first there is. */
  book(symbol: string): MarketBook | undefined {
    const books = this.#snapshots.filter((each) => each.symbol === symbol);
    const book = books.findLast((each) => each.recvTime <= this.#position) ?? books[0];
    return book === undefined ? undefined : JSON.parse(book.text);
  }

  trades(symbol: string, fromId: number | undefined, limit: number): readonly MarketTrade[] {
    const trades = (this.#trades.get(symbol) ?? []).map((payload) => this.#tradeOf(symbol, payload));
    return fromId === undefined ? trades.slice(-limit) : trades.filter(({ id }) => id >= fromId).slice(0, limit);
  }

  async #play(): Promise<void> {
    const startMs = this.#runtime.clock.monotonicMs();
    let firstTime: number | undefined;
    let frames = 0;
    for await (const lines of mergedLines(this.#runtime, this.#options.files)) {
      for (const line of lines) {
        firstTime ??= line.recvTime;
        if (this.#options.speed !== "max") {
          await this.#until(startMs + (line.recvTime - firstTime) / US_PER_MS / this.#options.speed);
        } else if (++frames % FRAMES_PER_TURN === 0) await this.#room();
        if (this.#audience === undefined) return;
        this.#send(line, this.#audience);
      }
    }
    while ((this.#audience?.backlogBytes() ?? 0) > 0) await this.#wait(BACKLOG_WAIT_MS);
  }

  #send({ recvTime, text }: CaptureLine, audience: Audience): void {
    this.#position = recvTime;
    const frame = this.#dialect.recorded(text);
    if (frame === undefined) return;
    const topic = this.#dialect.topicOf(frame.stream);
    if (topic?.type === "trade") this.#keep(topic.symbol, frame.payload("us"));
    if (audience.isWatched(frame.stream)) audience.publish({ stream: frame.stream, topic, payload: (unit) => frame.payload(unit) });
  }

  #keep(symbol: string, payload: string): void {
    let trades = this.#trades.get(symbol);
    if (trades === undefined) this.#trades.set(symbol, trades = []);
    trades.push(payload);
    if (trades.length >= 2 * TRADES_KEPT) trades.splice(0, TRADES_KEPT);
  }

  #tradeOf(symbol: string, payload: string): MarketTrade {
    const { fields, eventTime } = this.#dialect.facts({ type: "trade", symbol }, payload);
    const time = eventTime ?? 0;
    return {
      type: "trade",
      symbol,
      id: Number(fields["trade_id"]),
      price: Number(fields["price"]).toFixed(8),
      size: Number(fields["size"]).toFixed(8),
      isBuyerMaker: fields["side"] === "sell",
      time,
      sentTime: time,
    };
  }

  async #until(dueMs: number): Promise<void> {
    const leftMs = dueMs - this.#runtime.clock.monotonicMs();
    if (leftMs > 0) await this.#wait(leftMs);
  }

  async #room(): Promise<void> {
    await this.#wait(0);
    while ((this.#audience?.backlogBytes() ?? 0) > BACKLOG_BYTES_MAX) await this.#wait(BACKLOG_WAIT_MS);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => ms === 0 ? this.#runtime.timers.turn(resolve) : this.#runtime.timers.after(ms, resolve));
  }
}

function checked(frame: RecordedFrame, dialect: Dialect, file: string): RecordedFrame {
  const why = dialect.foreign(frame);
  if (why === undefined) return frame;
  throw new ConfigError("--capture", `--capture: ${file} is no recording of ${dialect.source}: ${why}.`);
}
