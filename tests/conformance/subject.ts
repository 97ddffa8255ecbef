import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import type { EventBase } from "../../src/events/event_type.ts";
import { Codec, type CodecCounts, type Decoded } from "../../src/exchanges/codec.ts";
import type { Dialect } from "../../src/exchanges/dialect.ts";
import type { Channel, Classified, Instrument, Source, TimeUnit } from "../../src/exchanges/source.ts";
import { SOURCES } from "../../src/exchanges/registry.ts";
import { dialectOf } from "../../src/sim/venue/dialects.ts";
import { ConfigError } from "../../src/lib/errors.ts";

/** A source and everything we have to judge it by. Found by itself: a new source needs a folder `tests/fixtures/<id>/` and no edit here. */
export interface Subject {
  readonly source: Source;
  readonly folder: string;
  /** Frames of channels, by file. */
  readonly data: readonly DataFixture[];
  /** Frames of another kind: `ack.frames` holds frames that are acknowledgements, and so on. */
  readonly control: readonly ControlFixture[];
  /** The REST answers the universe is read from, by path, and what must become of them. */
  readonly universe: UniverseFixture | undefined;
  /** The venue's half of the simulator, where there is one. */
  readonly dialect: Dialect | undefined;
}

export interface Line {
  /** µs */
  readonly recvTime: number;
  readonly text: string;
  /** `trade.ms.frames:7` */
  readonly where: string;
}

export interface DataFixture {
  readonly type: string;
  readonly timeUnit: TimeUnit;
  readonly lines: readonly Line[];
}

export interface TimedLine extends Line {
  readonly timeUnit: TimeUnit;
}

export interface ControlFixture {
  readonly kind: Exclude<Classified["kind"], "data"> | "bad";
  readonly lines: readonly Line[];
}

export interface UniverseFixture {
  readonly answers: Readonly<Record<string, unknown>>;
  readonly expected: { readonly instruments: readonly Partial<Instrument>[]; readonly refused: readonly string[] };
}

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

export function subjects(): Subject[] {
  return SOURCES.map(subjectOf);
}

function subjectOf(source: Source): Subject {
  const folder = path.join(FIXTURES, source.id);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const data: DataFixture[] = [];
  const control: ControlFixture[] = [];
  for (const name of names.filter((each) => each.endsWith(".frames"))) {
    const lines = linesOf(path.join(folder, name));
    const [, type, timeUnit] = /^(\w+)\.(ms|us)(?:\.\w+)?\.frames$/.exec(name) ?? [];
    const [, kind] = /^(ack|error|shutdown|other|bad)\.frames$/.exec(name) ?? [];
    if (type !== undefined) data.push({ type, timeUnit: timeUnit as TimeUnit, lines });
    else if (kind !== undefined) control.push({ kind: kind as ControlFixture["kind"], lines });
    else assert.fail(`${folder}/${name}: neither <event type>.<ms|us>[.<label>].frames nor <ack|error|shutdown|other|bad>.frames`);
  }
  return { source, folder, data, control, universe: universeOf(folder), dialect: dialect(source.id) };
}

function linesOf(file: string): Line[] {
  return fs.readFileSync(file, "utf8").split("\n").flatMap((line, i) => {
    if (line === "") return [];
    const where = `${path.basename(file)}:${i + 1}`;
    const [, us, text] = /^(\d{16})\d{3} (.+)$/.exec(line) ?? assert.fail(`${where}: no receive time in ns before the frame`);
    return [{ recvTime: Number(us), text: text!, where }];
  });
}

function universeOf(folder: string): UniverseFixture | undefined {
  const [answers, expected] = ["universe.json", "universe.expected.json"].map((name) => path.join(folder, name));
  if (!fs.existsSync(answers!)) return undefined;
  return { answers: JSON.parse(fs.readFileSync(answers!, "utf8")), expected: JSON.parse(fs.readFileSync(expected!, "utf8")) };
}

function dialect(id: string): Dialect | undefined {
  try {
    return dialectOf(id);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Every frame of a channel, with the unit of its times. */
export function timedLines({ data }: Subject): TimedLine[] {
  return data.flatMap(({ timeUnit, lines }) => lines.map((line) => ({ ...line, timeUnit })));
}

// ── what cards do with it ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Reading {
  readonly decoded: Decoded;
  readonly counts: CodecCounts;
}

/** A codec of its own for one frame: counts are this frame's. */
export function read(source: Source, timeUnit: TimeUnit, text: string, recvTime: number): Reading {
  const codec = new Codec(source, { timeUnit });
  const decoded = codec.decode(text, recvTime);
  return { decoded, counts: codec.counts };
}

/** The events of a frame that must have some. */
export function eventsOf(subject: Subject, timeUnit: TimeUnit, line: Line): readonly EventBase[] {
  const { decoded } = read(subject.source, timeUnit, line.text, line.recvTime);
  if (decoded.kind !== "events") return assert.fail(`${line.where}: ${describe(decoded)}`);
  return decoded.events;
}

export function describe(decoded: Decoded): string {
  if (decoded.kind === "bad") return `bad (${decoded.error.reason}): ${decoded.error.message}`;
  return decoded.kind === "control"
    ? `control ${JSON.stringify(decoded.classified)}`
    : `${decoded.events.length} events on ${decoded.stream}`;
}

/** The stream and payload of a data frame, from the venue's own reading of it. */
export function payloadOf(source: Source, text: string): { readonly stream: string; readonly data: unknown } {
  const classified = source.classify(text);
  return classified.kind === "data" ? classified : assert.fail(`no data frame: ${text.slice(0, 120)}`);
}

// deno-lint-ignore no-explicit-any -- channels of all event types, as in Source
export type AnyChannel = Channel<any, any>;

export const SEED = 20261124;

/** Upper-case symbols as venues spell them, beyond ASCII since 2025-12; letters with and without case. */
export const SYMBOL_CHARS = [..."ABCXYZ0123456789", ..."币安人生这是测试ÄŽЖΩ"];
