import assert from "node:assert/strict";
import type { Card } from "../card.ts";

export const venueAnswers: Card = {
  id: "SRC-11",
  promise: "whatever the dialect answers to a request, right or wrong, is understood",
  // Skip when: the source has no dialect.
  skip: ({ dialect }) => dialect === undefined ? "no dialect" : undefined,
  check({ source, dialect }) {
    assert(dialect !== undefined);
    const url = new URL(source.socketUrl(source.endpoints.ws[0]!));
    const accepted = dialect.accept(url.pathname + url.search);
    assert("isCombined" in accepted, "the venue refuses our address");
    assert.equal(accepted.isCombined, true);
    assert.equal(accepted.timeUnit, source.timeUnit, "the venue would send times in another unit");
    const connection = { ...accepted, streams: new Set<string>() };
    for (const wrong of ["{nope", "[]", "7", '{"id":7}', '{"method":"DANCE","id":7}']) {
      const classified = source.classify(dialect.control(wrong, connection).reply);
      assert.equal(classified.kind, "error", wrong);
    }
    for (const isCombined of [true, false]) {
      const notice = dialect.shutdownNotice(1_795_000_000_000_000, { ...connection, isCombined });
      assert.deepEqual(source.classify(notice), { kind: "shutdown" }, notice);
    }
  },
};
