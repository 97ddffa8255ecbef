import assert from "node:assert/strict";
import type { Card } from "../card.ts";
import { eventsOf, payloadOf, read } from "../subject.ts";
import { fieldsOf, withRaw } from "../mutations.ts";

/** Nothing any venue documents as a side. */
const NO_SIDES = ['"?"', '""', '" buy"', '"b"', '"BUYER"', '"none"', "null", "2", "-1", "[]"];

export const unknownSide: Card = {
  id: "SRC-08",
  promise: "a side the venue does not document is null and counted, or the frame is refused: never a guess",
  // Skip when: no channel has a column `side`.
  skip: ({ source }) =>
    source.channels.some(({ event }) => event.columns.some(({ name }) => name === "side")) ? undefined : "no channel tells a side",
  check(subject) {
    let changed = 0;
    for (const { type, timeUnit, lines } of subject.data) {
      const channel = subject.source.channels.find(({ event }) => event.name === type)!;
      if (!channel.event.columns.some(({ name }) => name === "side")) continue;
      for (const line of lines) {
        const sides = eventsOf(subject, timeUnit, line).map(sideOf);
        for (const path of fieldsOf(payloadOf(subject.source, line.text).data)) {
          for (const raw of NO_SIDES) {
            const { decoded, counts } = read(subject.source, timeUnit, withRaw(line.text, path, raw), line.recvTime);
            if (decoded.kind !== "events") changed++;
            else {
              decoded.events.forEach((event, i) => {
                const found = sideOf(event);
                if (found === sides[i]) return;
                changed++;
                assert.equal(found, undefined, `${line.where}: ${path.join(".")} = ${raw} turned ${sides[i]} into ${found}`);
                assert(counts.unknownValues > 0, `${line.where}: ${path.join(".")} = ${raw} lost the side and counted nothing`);
              });
            }
          }
        }
      }
    }
    assert(changed > 0, "no frame with a side among the fixtures");
  },
};

function sideOf(event: object): unknown {
  return (event as { readonly side?: unknown }).side;
}
