import type { HttpRequestHead } from "./http_requests.ts";
import type { SyntheticMarket } from "./synthetic_market.ts";
import type { Venue, VenueAnswer } from "./venue.ts";

/** What a script can do to a running venue: `POST /sim/list?symbol=X`, `/sim/delist`, `/sim/halt`, `/sim/quiesce`, `/sim/shutdown-notice`; `GET /sim/ledger`. */
export function controlEndpoint(venue: Venue, market: SyntheticMarket | undefined) {
  return ({ method, target }: HttpRequestHead): VenueAnswer | undefined => {
    if (!target.startsWith("/sim/")) return undefined;
    const [path, query = ""] = target.split("?", 2);
    if (method === "GET" && path === "/sim/ledger") return answer(200, venue.summary());
    if (method !== "POST") return answer(405, { error: "Use POST; GET only for /sim/ledger." });
    const symbol = new URLSearchParams(query).get("symbol")?.toUpperCase();
    switch (path) {
      case "/sim/list":
      case "/sim/delist":
      case "/sim/halt":
        if (market === undefined) return answer(409, { error: "A recording's symbols are what they are." });
        if (symbol === undefined || symbol === "") return answer(400, { error: `${path} needs ?symbol=` });
        change(venue, market, path, symbol);
        break;
      case "/sim/quiesce":
        venue.quiesce();
        break;
      case "/sim/shutdown-notice":
        venue.noticeShutdown();
        break;
      default:
        return answer(404, { error: `${path} is nothing; list, delist, halt, quiesce, shutdown-notice and ledger are.` });
    }
    return answer(200, venue.summary());
  };
}

function change(venue: Venue, market: SyntheticMarket, path: "/sim/list" | "/sim/delist" | "/sim/halt", symbol: string): void {
  if (path === "/sim/list") {
    market.list(symbol);
    venue.note("listed", symbol);
  } else if (path === "/sim/delist") {
    market.delist(symbol);
    venue.note("delisted", symbol);
  } else {
    market.halt(symbol);
    venue.note("halted", symbol);
  }
}

function answer(status: number, body: unknown): VenueAnswer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
