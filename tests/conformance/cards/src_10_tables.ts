import assert from "node:assert/strict";
import { EVENT_TYPES } from "../../../src/events/registry.ts";
import { SOURCES } from "../../../src/exchanges/registry.ts";
import type { Card } from "../card.ts";

const HOUR_MS = 3_600_000;
const WORKER_MAX_AGE_MS = 12 * HOUR_MS; // the default of the configuration
const PING_TO_DEAD_MS_MAX = 120_000;

export const tables: Card = {
  id: "SRC-10",
  promise: "endpoints, limits and heartbeat make sense together",
  // Skip when: never.
  skip: () => undefined,
  check({ source }) {
    const { id, title, endpoints, limits, heartbeat, channels } = source;
    assert.match(id, /^[a-z][a-z0-9_]*$/);
    assert.equal(SOURCES.filter((each) => each.id === id).length, 1, "two sources of one id");
    assert(title !== "");
    for (const [scheme, urls] of [["wss:", endpoints.ws], ["https:", endpoints.rest]] as const) {
      assert(urls.length > 0);
      for (const url of urls) assert(new URL(url).protocol === scheme && !url.endsWith("/"), url);
    }
    // Users write a slash at the end, or an address of their own.
    for (const endpoint of [...endpoints.ws, `${endpoints.ws[0]}/`, "ws://127.0.0.1:8080", "ws://[::1]:8080/"]) {
      const url = new URL(source.socketUrl(endpoint));
      assert.equal(url.host, new URL(endpoint).host);
      assert(url.protocol.startsWith("ws") && !url.pathname.includes("//"), url.href);
    }
    for (const [name, value] of Object.entries(limits)) assert(Number.isSafeInteger(value) && value > 0, `limits.${name} = ${value}`);
    assert(limits.socketAgeMaxMs > WORKER_MAX_AGE_MS, "the venue ends sockets before we replace them");
    assert(limits.inboundBytesMax >= 1024 * 1024, "a burst of depth does not fit");
    assert(heartbeat.pingEveryMs > 0 && heartbeat.pingEveryMs < heartbeat.silentAfterMs, "no time for a pong");
    assert(heartbeat.silentAfterMs <= heartbeat.staleAfterMs && heartbeat.silentAfterMs <= PING_TO_DEAD_MS_MAX);
    assert(1_000 / heartbeat.pingEveryMs <= limits.framesPerSecondMax / 2, "pings eat the frames we may send");
    assert(channels.length > 0);
    const types = channels.map(({ event }) => event.name);
    assert.equal(new Set(types).size, types.length, "two channels of one event type: which is `types = [...]`?");
    for (const { event } of channels) {
      assert(EVENT_TYPES.some(({ name }) => name === event.name), `${event.name} is not in events/registry.ts`);
    }
  },
};
