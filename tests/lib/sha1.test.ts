import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { sha1Base64 } from "../../src/lib/sha1.ts";

test("sha1 is the system's at every length around a block border", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
    assert.equal(sha1Base64(bytes), createHash("sha1").update(bytes).digest("base64"), `length ${length}`);
  }
});
