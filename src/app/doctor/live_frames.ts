import { Codec } from "../../exchanges/codec.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { Binding } from "../../network/binding.ts";
import { bad, type Finding, good } from "./check.ts";
import { type Heard, listen } from "./listen.ts";
import { todoOf } from "./turned_away.ts";
import type { Visit } from "./visit.ts";

const STREAMS_MAX = 50; // of each type, the longest listed first: one of them is lively

/** One frame of each type over each of the source's endpoints, read as a recorder reads it. */
export async function liveFrames(visit: Visit, bindings: readonly Binding[]): Promise<Finding[]> {
  const { source, config } = visit;
  const types = [...Map.groupBy(bindings, ({ channel }) => channel.event.name)];
  const chosen = types.flatMap(([, ofType]) => ofType.slice(0, STREAMS_MAX));
  const findings: Finding[] = [];
  for (const endpoint of config.wsUrls) {
    const where = config.wsUrls.length === 1 ? "" : ` at ${endpoint}`;
    if (!await visit.mayConnect()) {
      const todo = "Wait some minutes, and see which other programs on this address connect to the venue.";
      findings.push(bad(`${source.id} socket${where}`, "the venue's limit of connections is used up", todo));
      continue;
    }
    const heard = await listen(visit, endpoint, chosen, new Codec(source));
    visit.connected(heard.isOpen, heard.closing?.retryAfterMs ?? 0);
    if (!heard.isOpen) {
      const { detail, status } = heard.closing!;
      const says = `${endpoint}: ${status === undefined ? detail : `refused with ${status}`}`;
      findings.push(bad(`${source.id} socket${where}`, says, todoOf(endpoint, `sources.${source.id}.ws_url`, status)));
    } else if (bindings.length === 0) {
      findings.push(good(`${source.id} socket${where}`, `${endpoint} opens; which streams there are only the REST interface knows`));
    } else {
      const counts = Map.groupBy(chosen, ({ channel }) => channel.event.name);
      findings.push(...types.map(([type]) => judged(visit, `${source.id} ${type}${where}`, type, counts.get(type)!.length, heard)));
    }
  }
  return findings;
}

function judged({ source, around }: Visit, check: string, type: string, streams: number, heard: Heard): Finding {
  const first = heard.first.get(type);
  if (first !== undefined) {
    const lag = first.lagMs === undefined ? "" : `, ${first.lagMs} ms after the venue's own time`;
    return good(check, `a frame of ${first.symbol} after ${(first.afterMs / 1_000).toFixed(2)} s${lag}`);
  }
  if (heard.unreadable !== undefined) {
    return bad(
      check,
      `a frame came that cannot be read: ${heard.unreadable}`,
      `Is sources.${source.id}.ws_url a host of this venue? Else look for a newer Argus.`,
    );
  }
  if (heard.refused !== undefined) {
    return bad(
      check,
      `the venue refuses the stream: ${heard.refused}`,
      `Is sources.${source.id}.ws_url a host of this venue? --exclude leaves a symbol out.`,
    );
  }
  const ended = heard.closing === undefined || heard.closing.cause === "terminated" ? "" : `; the socket ended: ${heard.closing.detail}`;
  return bad(
    check,
    `no frame of ${streams} streams within ${formatDuration(around.waitMs)}${ended}`,
    `Symbols that hardly trade need longer: --wait 2m. Else sources.${source.id}.ws_url leads to a host that does not carry this type, or ` +
      "something on the way (a proxy, a firewall) lets the handshake through and no frames.",
  );
}
