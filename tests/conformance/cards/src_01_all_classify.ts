import assert from "node:assert/strict";
import type { EventBase, EventType } from "../../../src/events/event_type.ts";
import type { Card } from "../card.ts";
import { describe, eventsOf, read } from "../subject.ts";

export const allClassify: Card = {
  id: "SRC-01",
  promise: "every fixture frame is what its file says, and its events fill the columns of their type",
  // Skip when: never. A source without fixtures has no evidence.
  skip: () => undefined,
  check(subject) {
    const { source, folder, data, control } = subject;
    for (const { event } of source.channels) {
      assert(data.some(({ type }) => type === event.name), `${folder}: no ${event.name}.<ms|us>.frames`);
    }
    for (const kind of ["ack", "error", "bad"]) assert(control.some((each) => each.kind === kind), `${folder}: no ${kind}.frames`);
    for (const { type, timeUnit, lines } of data) {
      const channel = source.channels.find(({ event }) => event.name === type);
      assert(channel !== undefined, `${folder}: ${source.id} has no channel of ${type}`);
      for (const line of lines) {
        const { decoded } = read(source, timeUnit, line.text, line.recvTime);
        assert(decoded.kind === "events" && decoded.channel === channel, `${line.where}: expected ${type}, found ${describe(decoded)}`);
        const events = eventsOf(subject, timeUnit, line);
        assert(events.length > 0, `${line.where}: no event`);
        for (const event of events) checkEvent(channel.event, event, line.where);
      }
    }
    for (const { kind, lines } of control) {
      for (const { text, recvTime, where } of lines) {
        const { decoded } = read(source, source.timeUnit, text, recvTime);
        const found = decoded.kind === "control" ? decoded.classified.kind : decoded.kind;
        assert.equal(found, kind, `${where}: expected ${kind}, found ${describe(decoded)}: ${text.slice(0, 160)}`);
      }
    }
  },
};

/** Exactly the fields the columns name, each of its column's kind, absent only where the column may be null. */
function checkEvent(type: EventType, event: EventBase, where: string): void {
  assert.deepEqual(Object.keys(event).sort(), type.columns.map(({ field }) => field as string).sort(), where);
  for (const { field, kind, isNullable } of type.columns) {
    const value: unknown = event[field];
    if (value === undefined) assert(isNullable, `${where}: ${field} is absent and its column is not nullable`);
    else assert(IS_OF_KIND[kind](value), `${where}: ${field} is no ${kind}: ${JSON.stringify(value)}`);
  }
}

const isFinite = (value: unknown) => typeof value === "number" && Number.isFinite(value);
const IS_OF_KIND = {
  timestamp: Number.isSafeInteger,
  int64: Number.isSafeInteger,
  double: isFinite,
  string: (value: unknown) => typeof value === "string" && value !== "",
  boolean: (value: unknown) => typeof value === "boolean",
  levels: (value: unknown) =>
    Array.isArray(value) && value.every((level) => Array.isArray(level) && level.length === 2 && level.every(isFinite)),
} as const;
