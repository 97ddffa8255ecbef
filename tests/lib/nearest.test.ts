import assert from "node:assert/strict";
import { it } from "node:test";
import { nearest } from "../../src/lib/nearest.ts";

it("a slip of the finger finds the word, another word finds nothing", () => {
  const keys = ["data_path", "flush_interval", "gateway.listen"];
  assert.equal(nearest("flush_intervl", keys), "flush_interval");
  assert.equal(nearest("DATAPATH", keys), "data_path");
  assert.equal(nearest("zebra", keys), undefined);
  assert.equal(nearest("anything", []), undefined);
});
