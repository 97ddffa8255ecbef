import assert from "node:assert/strict";
import type { TimeUnit } from "../../../src/exchanges/source.ts";
import type { Card } from "../card.ts";
import { eventsOf, read } from "../subject.ts";

const DAY_US = 86_400_000_000;

export const times: Card = {
  id: "SRC-07",
  promise: "recv_time is the socket's, event_time has the connection's unit, and the wrong unit is noticed",
  // Skip when: never. A channel without event times must leave them absent, which is checked too.
  skip: () => undefined,
  check(subject) {
    for (const { timeUnit, lines, type } of subject.data) {
      const wrongUnit: TimeUnit = timeUnit === "ms" ? "us" : "ms";
      let timed = 0;
      for (const line of lines) {
        const { counts } = read(subject.source, timeUnit, line.text, line.recvTime);
        assert.equal(counts.timesOff, 0, `${line.where}: a time more than a day off`);
        for (const event of eventsOf(subject, timeUnit, line)) {
          assert.equal(event.recvTime, line.recvTime, line.where);
          if (event.eventTime === undefined) continue;
          timed++;
          assert(Math.abs(event.eventTime - line.recvTime) < DAY_US, line.where);
          assert.notEqual(event.eventTime, event.recvTime, `${line.where}: event_time is a copy of recv_time`);
          const wrong = read(subject.source, wrongUnit, line.text, line.recvTime);
          assert(wrong.decoded.kind === "bad" || wrong.counts.timesOff > 0, `${line.where}: read in ${wrongUnit} and nobody noticed`);
        }
        const later = read(subject.source, timeUnit, line.text, line.recvTime + 7);
        assert(later.decoded.kind === "events");
        const moved = later.decoded.events.map((event) => ({ ...event, recvTime: event.recvTime - 7 }));
        assert.deepEqual(moved, eventsOf(subject, timeUnit, line), `${line.where}: more than recv_time depends on when it arrived`);
      }
      const total = lines.reduce((sum, line) => sum + eventsOf(subject, timeUnit, line).length, 0);
      assert(timed === 0 || timed === total, `${type}: ${timed} of ${total} events have a time`);
    }
  },
};
