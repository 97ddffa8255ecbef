import assert from "node:assert/strict";
import * as fs from "node:fs";
import { describe, it } from "node:test";
import { COMMAND, dictionary, DOCUMENT, withDictionary } from "../../scripts/dictionary.ts";
import { EVENT_TYPES } from "../../src/events/registry.ts";

describe("docs/FORMAT.md", () => {
  it("has today's data dictionary", () => {
    const document = fs.readFileSync(DOCUMENT, "utf8");
    assert(document === withDictionary(document, EVENT_TYPES), `docs/FORMAT.md is stale. Run: ${COMMAND}`);
  });

  it("keeps what people wrote around the dictionary", () => {
    const around = (inside: string) => `before\n<!-- dictionary:begin -->${inside}<!-- dictionary:end -->\nafter\n`;
    const written = withDictionary(around("\nold\n"), EVENT_TYPES);
    assert.equal(written, around(`\n\n${dictionary(EVENT_TYPES)}\n\n`));
    assert.equal(withDictionary(written, EVENT_TYPES), written);
    assert.throws(() => withDictionary("no markers", EVENT_TYPES), /dictionary:begin/);
  });
});
