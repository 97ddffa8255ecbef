import * as v from "valibot";
import type { PathState } from "../../agora/router.ts";
import type { Column, EventBase, EventType } from "../../events/event_type.ts";
import { eventTypeOfPath } from "../../events/registry.ts";
import type { SourceState } from "../../network/dispatcher.ts";

/** Where every path stands, from the recorder that leaves to the one that goes on. */
export interface HandOver {
  readonly holder: string;
  readonly hash: string;
  /** When it left them, µs. */
  readonly leftTime: number;
  readonly sources: Readonly<Record<string, SourceState>>;
}

/** Rises with each change that an older reader would misunderstand; it then goes on from what is on disk. */
const FORMAT = 1;

export function handOverText({ sources, ...about }: HandOver): string {
  const written = Object.entries(sources).map(([id, { paths, holes, books }]) => {
    const states = [...paths].map(([path, { last, held }]) => ({
      path,
      schema: schemaOf(eventTypeOfPath(path)),
      last: last ?? null,
      held,
    }));
    return [id, { paths: states, holes, books }];
  });
  return JSON.stringify({ format: FORMAT, ...about, sources: Object.fromEntries(written) });
}

const id = v.pipe(v.number(), v.safeInteger());
const row = v.object({
  dataType: v.string(),
  afterId: v.optional(id),
  beforeId: v.optional(id),
  missing: v.optional(id),
  fromTime: id,
  toTime: id,
  reason: v.picklist(["start", "listed", "sequence", "disconnect", "damaged", "journal"]),
});
const book = v.object({
  path: v.string(),
  runFirstId: id,
  due: v.optional(v.picklist(["hole", "start", "interval"])),
  anchoredAgoMs: v.optional(v.number()),
  anchoredDate: v.string(),
  anchoredId: id,
});
const document = v.object({
  format: v.literal(FORMAT),
  holder: v.string(),
  hash: v.string(),
  leftTime: id,
  sources: v.record(
    v.string(),
    v.object({
      paths: v.array(v.object({ path: v.string(), schema: v.string(), last: v.unknown(), held: v.array(v.array(v.unknown())) })),
      holes: v.array(v.object({ path: v.string(), row, rows: id, filledId: id })),
      books: v.array(book),
    }),
  ),
});

/** Throws where it is not one of ours, or of a format this version does not know. */
export function parseHandOver(text: string): HandOver {
  const { sources, holder, hash, leftTime } = v.parse(document, JSON.parse(text));
  const read = Object.entries(sources).map(([id, { paths, holes, books }]) => {
    const states = paths.map(({ path, schema, last, held }): [string, PathState<EventBase>] => {
      const type = eventTypeOfPath(path);
      if (schema !== schemaOf(type)) throw new TypeError(`${path} is ${schema}, this Argus writes ${schemaOf(type)}`);
      const event = schemaOfEvent(type);
      return [path, {
        last: last === null ? undefined : v.parse(event, last),
        held: held.map((events) => v.parse(v.array(event), events)),
      }];
    });
    return [id, { paths: new Map(states), holes, books }];
  });
  return { holder, hash, leftTime, sources: Object.fromEntries(read) as unknown as HandOver["sources"] };
}

function schemaOf({ name, version }: EventType): string {
  return `${name}/${version}`;
}

const KINDS: Readonly<Record<Column<never>["kind"], v.GenericSchema>> = {
  timestamp: id,
  int64: id,
  double: v.pipe(v.number(), v.finite()),
  string: v.string(),
  boolean: v.boolean(),
  levels: v.array(v.tuple([v.number(), v.number()])),
};

function schemaOfEvent({ columns }: EventType): v.GenericSchema<unknown, EventBase> {
  const entries = columns.map(({ field, kind, isNullable }) => [field, isNullable ? v.optional(KINDS[kind]) : KINDS[kind]]);
  return v.object(Object.fromEntries(entries)) as unknown as v.GenericSchema<unknown, EventBase>;
}
