import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { bytesOf, concatTables, Table } from "../../../src/processing/storage/table.ts";
import { columnsOf } from "../../../src/processing/storage/columns_of.ts";
import { eventsOf, tableOf, TYPES } from "./support.ts";

describe("a table", () => {
  for (const { type, event } of TYPES) {
    it(`gives ${type.name} events back as they came, nulls and all, and is empty after a seal`, () => {
      fc.assert(fc.property(fc.array(event, { maxLength: 60 }), fc.array(event, { maxLength: 60 }), (first, second) => {
        const table = new Table(type);
        for (const each of first) table.append(each);
        assert.equal(table.rows, first.length);
        const sealed = table.seal();
        assert.deepEqual(eventsOf(type, sealed), first);
        for (const each of second) table.append(each);
        assert.deepEqual(eventsOf(type, table.seal()), second);
        assert.deepEqual(eventsOf(type, sealed), first, "a sealed table changed");
      }));
    });

    it(`gives rows of several ${type.name} tables from any of them on, as they are and copied first`, () => {
      const rows = fc.record({ events: fc.array(event, { minLength: 1, maxLength: 20 }), first: fc.nat(20) });
      fc.assert(fc.property(fc.array(rows, { minLength: 1, maxLength: 5 }), (given) => {
        const tables = given.map(({ events, first }) => {
          const table = new Table(type);
          for (const each of events) table.append(each);
          return { table, first: Math.min(first, events.length) };
        });
        const expected = given.flatMap(({ events, first }) => events.slice(first));
        const copied = new Table(type);
        for (const { table, first } of tables) copied.appendFrom(table, first);
        const parts = tables.map(({ table, first }) => table.part(first));
        assert.deepEqual(eventsOf(type, columnsOf(parts)), expected);
        assert.deepEqual(eventsOf(type, copied.seal()), expected);
        for (const [i, { events }] of given.entries()) copied.appendAll(tableOf(type, events.slice(i)));
        assert.deepEqual(eventsOf(type, copied.copy()), given.flatMap(({ events }, i) => events.slice(i)));
      }));
    });

    it(`puts ${type.name} tables below one another`, () => {
      fc.assert(fc.property(fc.array(fc.array(event, { maxLength: 20 }), { minLength: 1, maxLength: 5 }), (parts) => {
        const whole = concatTables(type, parts.map((part) => tableOf(type, part)));
        assert.deepEqual(eventsOf(type, whole), parts.flat());
        assert.ok(bytesOf(whole) >= 8 * whole.rows);
      }));
    });
  }
});
