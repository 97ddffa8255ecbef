import type { Dialect, Listing, MarketBook, MarketTrade } from "../../src/exchanges/dialect.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { CaptureMarket } from "../../src/sim/venue/capture_market.ts";
import type { Audience, Feed, Outgoing } from "../../src/sim/venue/feed.ts";
import { LANES } from "../../src/sim/venue/feed.ts";

interface Window {
  readonly U: number;
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

/**
 * A recording played to sockets that cut depth into windows of their own, as the venue's servers do: those of even lanes get the recorded
 * ones, the others two of them in one.
 */
export class TwoCuts implements Feed {
  #market: CaptureMarket | undefined;
  #audience: Audience | undefined;
  #dialect: Dialect | undefined;
  readonly #halves = new Map<string, string>();

  /** `lines`: `<recv_ns> <frame>`, as recorded. It plays once its streams are watched. */
  async open(exchange: Runtime, dialect: Dialect, lines: readonly string[]): Promise<void> {
    this.#dialect = dialect;
    const file = exchange.disk.open("/capture", "create");
    file.append(new TextEncoder().encode(`${lines.join("\n")}\n`));
    file.close();
    this.#market = await CaptureMarket.open(exchange, dialect, { files: ["/capture"], speed: 1, quietMs: 3_000 });
    this.#market.start({
      isWatched: (stream) => this.#audience!.isWatched(stream),
      publish: (frame) => this.#publish(frame),
      backlogBytes: () => this.#audience!.backlogBytes(),
    });
  }

  /** The recording was sent to its end. */
  get finished(): Promise<boolean> {
    return this.#market!.finished;
  }

  start(audience: Audience): void {
    this.#audience = audience;
  }

  watched(stream: string): void {
    this.#market!.watched(stream);
  }

  unwatched(): void {}

  quiesce(): void {
    for (const [stream, half] of this.#halves) this.#toOthers({ stream, topic: this.#dialect!.topicOf(stream), payload: () => half });
    this.#market!.quiesce();
  }

  stop(): void {
    this.#market?.stop();
  }

  time(): number {
    return this.#market!.time();
  }

  listings(): readonly Listing[] {
    return this.#market!.listings();
  }

  book(symbol: string): MarketBook | undefined {
    return this.#market!.book(symbol);
  }

  trades(symbol: string, fromId: number | undefined, limit: number): readonly MarketTrade[] {
    return this.#market!.trades(symbol, fromId, limit);
  }

  #publish(frame: Outgoing): void {
    const { stream, topic } = frame;
    const audience = this.#audience!;
    if (topic?.type !== "depth") return audience.publish(frame);
    const half = this.#halves.get(stream);
    const payload = frame.payload("us");
    this.#halves.delete(stream);
    if (half === undefined) this.#halves.set(stream, payload);
    for (let lane = 0; lane < LANES; lane++) {
      if (lane % 2 === 0 && audience.isWatched(stream, lane)) audience.publish(frame, lane);
    }
    if (half !== undefined) this.#toOthers({ stream, topic, payload: () => merged(half, payload) });
  }

  #toOthers(frame: Outgoing): void {
    for (let lane = 1; lane < LANES; lane += 2) if (this.#audience!.isWatched(frame.stream, lane)) this.#audience!.publish(frame, lane);
  }
}

/** Of each level what it came to. */
function merged(first: string, second: string): string {
  const [one, two] = [JSON.parse(first) as Window, JSON.parse(second) as Window];
  const levels = (side: "a" | "b") => [...new Map([...one[side], ...two[side]])];
  return JSON.stringify({ ...two, U: one.U, b: levels("b"), a: levels("a") });
}
