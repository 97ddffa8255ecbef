import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { StreamTable } from "../../src/exchanges/stream_table.ts";

it("a table of streams finds each by a piece of any text, and nothing else", () => {
  const name = fc.oneof(fc.string({ maxLength: 12 }), fc.nat(400).map((n) => `coin${n}usdt@trade`));
  const names = fc.uniqueArray(name, { maxLength: 400 });
  fc.assert(
    fc.property(names, names, fc.string(), fc.string(), (some, others, before, behind) => {
      const table = new StreamTable<string>();
      for (const each of some) table.add(each, `value of ${each}`);
      assert.equal(table.size, some.length);
      const found = (each: string) => table.get(before + each + behind, before.length, before.length + each.length);
      for (const each of some) assert.equal(found(each), `value of ${each}`);
      for (const each of others) if (!some.includes(each)) assert.equal(found(each), undefined);
      table.clear();
      for (const each of some) assert.equal(found(each), undefined);
    }),
    { numRuns: 200 },
  );
});
