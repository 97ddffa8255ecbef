import type { HttpRequestHead } from "./http_requests.ts";
import { changeSymbol, type SymbolChange } from "./symbol_changes.ts";
import type { SyntheticMarket } from "./synthetic_market.ts";
import type { Venue, VenueAnswer } from "./venue.ts";

const VERBS = "list, delist, halt (with ?symbol=), cut, stop-faults, quiesce, shutdown-notice; GET ledger";

export interface ControlHooks {
  /** Nothing goes wrong on purpose any more. */
  stopFaults(): void;
}

/**
 * What a script can do to a running venue: `POST /sim/list?symbol=X`, `/sim/delist?symbol=X`, `/sim/halt?symbol=X`, `/sim/stop-faults`,
 * `/sim/quiesce`, `/sim/shutdown-notice`, `/sim/cut` (every connection, at once); `GET /sim/ledger` for the counts. Every answer is the counts.
 */
export function controlEndpoint(venue: Venue, market: SyntheticMarket | undefined, hooks: ControlHooks) {
  return ({ method, target }: HttpRequestHead): VenueAnswer | undefined => {
    if (!target.startsWith("/sim/")) return undefined;
    const [path = "", query = ""] = target.split("?", 2);
    const verb = path.slice("/sim/".length);
    if (method === "GET" && verb === "ledger") return answer(200, venue.summary());
    if (method !== "POST") return answer(405, { error: "Use POST; GET only for /sim/ledger." });
    switch (verb) {
      case "list":
      case "delist":
      case "halt": {
        const symbol = symbolOf(query);
        if (market === undefined) return answer(409, { error: "A recording's symbols are what they are." });
        if (symbol === undefined) return answer(400, { error: `/sim/${verb} needs ?symbol=` });
        changeSymbol(venue, market, verb satisfies SymbolChange, symbol);
        break;
      }
      case "stop-faults":
        hooks.stopFaults();
        break;
      case "quiesce":
        hooks.stopFaults();
        venue.quiesce();
        break;
      case "cut":
        for (const connection of venue.connections()) connection.reset("cut by a script");
        break;
      case "shutdown-notice":
        venue.noticeShutdown();
        break;
      default:
        return answer(404, { error: `/sim/${verb} is nothing. POST ${VERBS}.` });
    }
    return answer(200, venue.summary());
  };
}

function symbolOf(query: string): string | undefined {
  const symbol = new URLSearchParams(query).get("symbol")?.toUpperCase();
  return symbol === "" ? undefined : symbol;
}

function answer(status: number, body: unknown): VenueAnswer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
