import { EVENT_TYPES } from "../events/registry.ts";
import type { EventBase, SequenceKey } from "../events/event_type.ts";
import { Codec, type Decoded } from "../exchanges/codec.ts";
import { sourceOf } from "../exchanges/registry.ts";
import type { Source, TimeUnit } from "../exchanges/source.ts";
import { encodeSymbol } from "../lib/symbol_name.ts";
import { isSelected } from "../network/binding.ts";
import { lockDataPath } from "../processing/storage/lock.ts";
import { StorageHandler } from "../processing/storage/storage_handler.ts";
import { StorageService } from "../processing/storage/storage_service.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { captureLines } from "../sim/venue/capture_lines.ts";
import { Happenings } from "../telemetry/happenings.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Config } from "./config.ts";
import { Quarantine } from "./quarantine.ts";

export interface ImportOptions {
  readonly version: string;
  readonly source: string;
  readonly files: readonly string[];
  /** Unit of the venue's times in the captures. */
  readonly timeUnit: TimeUnit;
  /** Aborting it ends after what was read so far. */
  readonly signal: AbortSignal;
}

export interface ImportSummary {
  readonly files: number;
  readonly lines: number;
  readonly events: Readonly<Record<string, number>>;
  /** Frames that carry no event: acknowledgements, REST answers. */
  readonly otherFrames: number;
  /** Events of symbols or types that were not asked for. */
  readonly notSelected: number;
  readonly quarantined: number;
  readonly gaps: number;
  readonly duplicates: number;
  /** Events whose time is more than a day from receive time: is --time-unit right? */
  readonly timesOff: number;
  readonly unknownValues: number;
  readonly unknownFields: number;
  /** Rows new in the day files; fewer than events when a capture had been imported before. */
  readonly rowsAdded: number;
  readonly seconds: number;
}

const CHUNK_ROWS = 4_096; // the same cut whenever a capture is read, so that reading it again adds nothing
const HELD_BYTES_MAX = 64 * 1024 * 1024;
const FINGERPRINT_BYTES = 65_536;

/**
 * Raw captures into day files, through the codec that records live. Each file is a generation named by its content: importing it twice
 * adds nothing. Rows stand in the order of the lines, files in the order given. Throws ConfigError for a line that is none.
 */
export async function importCaptures(
  runtime: Runtime,
  config: Config,
  options: ImportOptions,
  telemetry: Telemetry,
  progress: (progress: object) => void,
): Promise<ImportSummary> {
  const lock = lockDataPath(runtime, config.dataPath, `argus ${options.version} import`);
  const happenings = new Happenings(telemetry);
  const quarantine = new Quarantine(runtime.disk, config.dataPath, (error) => happenings.quarantineFailed(String(error)));
  const startMs = runtime.clock.monotonicMs();
  const counts = new Counts();
  try {
    for (const file of options.files) {
      if (options.signal.aborted) break;
      const one = new Import(runtime, config, options, { happenings, quarantine, counts });
      await one.run(file, progress);
    }
    return counts.summary((runtime.clock.monotonicMs() - startMs) / 1_000);
  } finally {
    quarantine[Symbol.dispose]();
    lock.release();
  }
}

class Counts {
  files = 0;
  lines = 0;
  otherFrames = 0;
  notSelected = 0;
  quarantined = 0;
  gaps = 0;
  duplicates = 0;
  timesOff = 0;
  unknownValues = 0;
  unknownFields = 0;
  rowsAdded = 0;
  readonly events: Record<string, number> = {};

  summary(seconds: number): ImportSummary {
    return { ...this, events: { ...this.events }, seconds };
  }
}

interface Deps {
  readonly happenings: Happenings;
  readonly quarantine: Quarantine;
  readonly counts: Counts;
}

/** One capture. */
class Import {
  readonly #runtime: Runtime;
  readonly #config: Config;
  readonly #options: ImportOptions;
  readonly #deps: Deps;
  readonly #source: Source;
  readonly #codec: Codec;
  readonly #lastKeys = new Map<string, SequenceKey>();
  readonly #paths = new Map<string, string | undefined>();

  constructor(runtime: Runtime, config: Config, options: ImportOptions, deps: Deps) {
    this.#runtime = runtime;
    this.#config = config;
    this.#options = options;
    this.#deps = deps;
    this.#source = sourceOf(options.source)!;
    this.#codec = new Codec(this.#source, { timeUnit: options.timeUnit });
  }

  async run(file: string, progress: (progress: object) => void): Promise<void> {
    const { counts } = this.#deps;
    using storage = new StorageService(this.#runtime, this.#deps.happenings, {
      dataPath: this.#config.dataPath,
      hash: `import-${this.#fingerprint(file)}`,
      writer: `argus ${this.#options.version}`,
      flushIntervalMs: this.#config.flushIntervalMs,
    });
    const handlers = new Map(EVENT_TYPES.map((type) => [
      type.name,
      new StorageHandler(this.#runtime, type, storage, {
        chunkRowsMax: CHUNK_ROWS,
        bufferedBytesMax: Infinity,
      }),
    ]));
    const write = async () => {
      for await (const lines of captureLines(this.#runtime, file)) {
        if (this.#options.signal.aborted) break;
        for (const { recvTime, text } of lines) this.#line(recvTime, text, handlers);
        counts.lines += lines.length;
        progress({ file, lines: counts.lines, ...counts.events });
        await storage.room(HELD_BYTES_MAX);
      }
      await storage.drain(handlers.values());
    };
    const failed = await Promise.race([write().then(() => undefined), storage.failed]);
    for (const handler of handlers.values()) handler[Symbol.dispose]();
    if (failed !== undefined) throw failed;
    counts.files++;
    const { timesOff, unknownValues, unknownFields, scansDeclined } = this.#codec.counts;
    counts.timesOff += timesOff;
    counts.unknownValues += unknownValues;
    counts.unknownFields += unknownFields;
    if (scansDeclined > 0) this.#deps.happenings.scansDeclined(this.#source.id, scansDeclined);
    if (timesOff > 0) this.#deps.happenings.timesOff(this.#source.id, timesOff);
    if (unknownValues + unknownFields > 0) {
      this.#deps.happenings.undocumented(this.#source.id, { values: unknownValues, fields: unknownFields });
    }
    counts.rowsAdded += storage.rowsMerged;
  }

  #line(recvTime: number, text: string, handlers: ReadonlyMap<string, StorageHandler<EventBase>>): void {
    const { counts, quarantine } = this.#deps;
    const decoded = this.#codec.decode(text, recvTime);
    switch (decoded.kind) {
      case "control":
        counts.otherFrames++;
        return;
      case "bad":
        counts.quarantined++;
        this.#deps.happenings.frameQuarantined(this.#source.id, "import", decoded.error, text);
        return quarantine.keep({ source: this.#source.id, reason: decoded.error.reason, recvTime, text });
      case "events":
        return this.#events(decoded, handlers, recvTime, text);
    }
  }

  #events(
    decoded: Extract<Decoded, { kind: "events" }>,
    handlers: ReadonlyMap<string, StorageHandler<EventBase>>,
    recvTime: number,
    text: string,
  ): void {
    const { counts, quarantine, happenings } = this.#deps;
    const path = this.#pathOf(decoded);
    if (path === undefined) {
      counts.notSelected += decoded.events.length;
      return;
    }
    if (decoded.inexactDecimals > 0) {
      happenings.inexactDecimals(this.#source.id, decoded.symbol, decoded.inexactDecimals);
      quarantine.keep({ source: this.#source.id, reason: "inexact", recvTime, text });
    }
    const type = decoded.channel.event.name;
    for (const event of decoded.events) {
      this.#follow(path, decoded, event);
      handlers.get(type)!.append(path, event);
    }
    counts.events[type] = (counts.events[type] ?? 0) + decoded.events.length;
  }

  /** Undefined for what was not asked for. */
  #pathOf({ channel, stream, symbol }: Extract<Decoded, { kind: "events" }>): string | undefined {
    if (this.#paths.has(stream)) return this.#paths.get(stream);
    const selection = this.#config.sources[this.#source.id]!;
    const isWanted = selection.types.includes(channel.event.name) && isSelected(symbol, selection);
    const path = isWanted ? `${this.#source.id}/${channel.event.name}/${encodeSymbol(symbol)}` : undefined;
    this.#paths.set(stream, path);
    return path;
  }

  /** A capture is stored as it is; what it lacks or has twice is counted and told. */
  #follow(path: string, { channel }: Extract<Decoded, { kind: "events" }>, event: EventBase): void {
    const key = channel.event.sequenceKey(event);
    const last = this.#lastKeys.get(path);
    if (key === undefined) return;
    this.#lastKeys.set(path, key);
    if (last === undefined || channel.continuity === undefined) return;
    const step = channel.continuity(last, key);
    if (step === "gap") {
      this.#deps.counts.gaps++;
      this.#deps.happenings.gap(this.#source.id, channel.event.name, { path, afterId: last[1], beforeId: key[0] });
    } else if (step === "duplicate") this.#deps.counts.duplicates++;
  }

  /** Of the content, whatever the file is called: size, beginning and end. */
  #fingerprint(path: string): string {
    const { disk, compression } = this.#runtime;
    const file = disk.open(path, "read");
    try {
      const size = file.size();
      const edge = Math.min(size, FINGERPRINT_BYTES);
      const parts = [String(size), file.readAt(0, edge), file.readAt(size - edge, edge)];
      const digests = parts.map((part) => compression.sha256(typeof part === "string" ? new TextEncoder().encode(part) : part));
      return compression.sha256(new TextEncoder().encode(digests.join())).slice(0, 16);
    } finally {
      file.close();
    }
  }
}
