import { card, element, pathLink, readable } from "./formats.client.js";
import { holesTable, keyOf, newestFirst } from "./holes.client.js";
import { showMarket } from "./market.client.js";
import { showNewest } from "./newest.client.js";
import { json, lines } from "./recorder.client.js";

const MARKET = ["bbo", "trade", "depth"];
const GAPS_DAYS = 1;
const GAPS_MAX = 1_000;
const GAPS_SHOWN = 50;
const EVERY_MS = 2_000;
const GAPS_EVERY = 15; // looks

/** One symbol: what it does, live, and what is missing of it. */
export function showPath(main, path, { told, signal }) {
  const [source, type, symbol] = path.split("/");
  const isMarket = MARKET.includes(type);
  const types = element("nav", { class: "types", "aria-label": "types of this symbol" });
  const live = element("div", {});
  const gaps = holesTable({ empty: "Nothing that anyone knows of." });
  main.replaceChildren(
    element("div", { class: "title" }, element("h1", {}, `${readable(symbol)} `, element("span", { class: "soft" }, source)), types),
    live,
    ...(isMarket ? [card(`what is missing, last ${24 * GAPS_DAYS} hours`, gaps.node)] : []),
  );
  if (isMarket) showMarket(live, { source, symbol, signal });
  else showNewest(live, path, signal);

  let looks = 0;
  const look = async () => {
    try {
      told(await json("/v1/status", { signal }));
      if (looks++ % GAPS_EVERY === 0) {
        const { paths } = await json(`/v1/paths?prefix=${encodeURIComponent(source)}`, { signal });
        const own = paths.filter((each) => each.path.split("/")[2] === symbol);
        showTypes(types, path, own);
        if (isMarket && own.some((each) => each.type === "gap")) await showGaps(gaps, `${source}/gap/${symbol}`, signal);
      }
    } catch (error) {
      if (!signal.aborted) told(undefined, error);
    }
  };
  const looking = setInterval(look, EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(looking));
  void look();
}

/** What else there is of the symbol; its market is one page. */
function showTypes(place, path, own) {
  const market = own.find(({ type }) => MARKET.includes(type));
  const shown = [
    ...(market === undefined ? [] : [{ path: market.path, type: "market" }]),
    ...own.filter(({ type }) => !MARKET.includes(type)),
  ];
  place.replaceChildren(...shown.map((each) => {
    const link = pathLink(each.path, each.type);
    if (each.path === path || (each.type === "market" && MARKET.includes(path.split("/")[1]))) link.setAttribute("aria-current", "page");
    return link;
  }));
}

/** The newest first, each with what last became of it. */
async function showGaps(table, path, signal) {
  const from = (Date.now() - GAPS_DAYS * 86_400_000) * 1_000;
  const rows = await lines(`/v1/events/${path}?from=${from}&limit=${GAPS_MAX}`, { signal });
  table.update(newestFirst(new Map(rows.map((row) => [keyOf(row), row]))).slice(0, GAPS_SHOWN));
}
