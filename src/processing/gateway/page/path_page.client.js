import { card, clock, count, element, figure, price as digits, readable, table } from "./formats.client.js";
import { follow, json, lines } from "./recorder.client.js";

const WINDOW_S = 300; // of the chart
const PAST_MAX = 20_000; // events fetched to begin with
const POINTS_MAX = 20_000;
const TRADES_SHOWN = 25;
const LEVELS_SHOWN = 12;
const DRAW_MS = 250; // a busy path says more than anyone can read
const GAPS_DAYS = 1;

/** One symbol: price, book, trades and what is missing, live. */
export function showPath(main, path, { told, signal }) {
  const [source, , symbol] = path.split("/");
  const of = (type) => `${source}/${type}/${symbol}`;
  const state = { times: [], bids: [], asks: [], trades: [], quotes: undefined, book: new Book(), events: 0, lagged: 0 };
  const places = page(main, path);
  const plot = chart(places.chart);
  const size = () => plot.setSize({ width: Math.max(200, places.chart.clientWidth), height: 260 });
  addEventListener("resize", size);
  void begin(state, of, places, signal);
  follow([of("bbo"), of("trade"), of("depth")], (message) => hear(state, of, message, signal), signal);
  const drawing = setInterval(() => draw(state, plot, places), DRAW_MS);
  const looking = setInterval(async () => told(await json("/v1/status", { signal }).catch(() => undefined)), 2_000);
  signal.addEventListener("abort", () => {
    removeEventListener("resize", size);
    clearInterval(drawing);
    clearInterval(looking);
    plot.destroy();
  });
  size();
}

/** The levels of both sides; changes wait until the whole book is there, and those it holds already are left out. */
class Book {
  bids = new Map();
  asks = new Map();
  lastId = undefined;
  waiting = [];

  whole(event) {
    this.bids = new Map(event.bids.map(({ price, size }) => [price, size]));
    this.asks = new Map(event.asks.map(({ price, size }) => [price, size]));
    this.lastId = event.last_update_id;
    for (const change of this.waiting.splice(0)) this.change(change);
  }

  change(event) {
    if (this.lastId === undefined) return void this.waiting.push(event);
    if (event.last_update_id !== null && event.last_update_id <= this.lastId) return;
    for (const [side, levels] of [[this.bids, event.bids], [this.asks, event.asks]]) {
      for (const { price, size } of levels) size === 0 ? side.delete(price) : side.set(price, size);
    }
    this.lastId = event.last_update_id ?? this.lastId;
  }

  best(side, count) {
    const sign = side === "bids" ? -1 : 1;
    return [...this[side]].sort(([a], [b]) => sign * (a - b)).slice(0, count);
  }
}

async function begin(state, of, places, signal) {
  const now = Date.now() * 1_000;
  const past = lines(`/v1/events/${of("bbo")}?from=${now - WINDOW_S * 1e6}&limit=${PAST_MAX}`, { signal }).catch(() => []);
  void wholeBook(state, of, signal);
  showGaps(places, await lines(`/v1/events/${of("gap")}?from=${now - GAPS_DAYS * 86_400e6}&limit=1000`, { signal }).catch(() => []));
  const quotes = await past;
  const first = state.times[0] ?? Infinity;
  const before = quotes.filter(({ recv_time }) => Date.parse(recv_time) / 1_000 < first);
  state.times.unshift(...before.map(({ recv_time }) => Date.parse(recv_time) / 1_000));
  state.bids.unshift(...before.map(({ bid_price }) => bid_price));
  state.asks.unshift(...before.map(({ ask_price }) => ask_price));
}

async function wholeBook(state, of, signal) {
  const { event } = await json(`/v1/asof/${of("depth")}?levels=all`, { signal }).catch(() => ({ event: null }));
  if (event !== null) state.book.whole(event);
}

function hear(state, of, { path, event, lagged }, signal) {
  if (lagged !== undefined) {
    state.lagged += lagged;
    // What was lost cannot be applied: the book begins anew.
    if (path === of("depth")) {
      state.book = new Book();
      void wholeBook(state, of, signal);
    }
    return;
  }
  if (event === undefined) return;
  state.events++;
  if (path === of("bbo")) {
    state.quotes = event;
    state.times.push(Date.parse(event.recv_time) / 1_000);
    state.bids.push(event.bid_price);
    state.asks.push(event.ask_price);
    if (state.times.length > POINTS_MAX + 1_000) { for (const list of [state.times, state.bids, state.asks]) list.splice(0, 1_000); }
  } else if (path === of("trade")) {
    state.trades.unshift(event);
    state.trades.length = Math.min(state.trades.length, TRADES_SHOWN);
  } else if (event.is_snapshot) state.book.whole(event);
  else state.book.change(event);
}

function page(main, path) {
  const places = {
    figures: element("div", { class: "grid" }),
    chart: element("div", { class: "chart" }),
    book: element("div", {}, element("span", { class: "soft" }, "waiting for a book")),
    trades: element("div", {}, element("span", { class: "soft" }, "waiting for a trade")),
    gaps: element("div", {}, element("span", { class: "soft" }, "looking")),
  };
  const [source, , symbol] = path.split("/");
  main.replaceChildren(
    element("h1", {}, `${readable(symbol)} `, element("span", { class: "soft" }, source)),
    places.figures,
    card(`best bid and offer, last ${WINDOW_S / 60} minutes`, places.chart),
    element("div", { class: "columns" }, card("book", places.book), card("trades", places.trades)),
    card("what is missing, last 24 hours", places.gaps),
  );
  return places;
}

function chart(place) {
  const css = getComputedStyle(document.documentElement);
  const color = (name) => css.getPropertyValue(name).trim();
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 } };
  const line = (label, name) => ({ label, stroke: color(name), width: 1.25, points: { show: false }, spanGaps: false });
  return new uPlot(
    {
      width: Math.max(200, place.clientWidth),
      height: 260,
      cursor: { y: false },
      scales: { x: { time: true } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => new Date(1_000 * tick).toISOString().slice(11, 19)) }, // UTC, as everywhere here
        { ...axis, size: 90, values: (_, ticks) => ticks.map((tick) => digits(Number(tick.toPrecision(10)))) },
      ],
      series: [
        { label: "time", value: (_, time) => time === null ? "–" : new Date(1_000 * time).toISOString().slice(11, 23) },
        line("bid", "--good"),
        line("ask", "--bad"),
      ],
    },
    [[], [], []],
    place,
  );
}

function draw(state, plot, places) {
  const from = Date.now() / 1_000 - WINDOW_S;
  let first = 0;
  while (first < state.times.length && state.times[first] < from) first++;
  for (const list of [state.times, state.bids, state.asks]) list.splice(0, first);
  plot.setData([state.times, state.bids, state.asks]);
  const { quotes, trades, book } = state;
  const spread = quotes?.ask_price != null && quotes?.bid_price != null ? quotes.ask_price - quotes.bid_price : undefined;
  places.figures.replaceChildren(
    figure("bid", digits(quotes?.bid_price), "good"),
    figure("ask", digits(quotes?.ask_price), "bad"),
    figure("spread", digits(spread === undefined ? undefined : Number(spread.toPrecision(4)))),
    figure("last trade", digits(trades[0]?.price), trades[0]?.side === "sell" ? "bad" : trades[0]?.side === "buy" ? "good" : ""),
    figure("events seen", count(state.events)),
    ...(state.lagged > 0 ? [figure("events this page lost", count(state.lagged), "bad")] : []),
  );
  if (book.lastId !== undefined) places.book.replaceChildren(ladder(book));
  if (trades.length > 0) {
    places.trades.replaceChildren(table(
      ["time", "side", "price", "size"],
      trades.map(({ recv_time, side, price, size }) => [
        clock(recv_time),
        element("span", { class: side === "sell" ? "bad" : side === "buy" ? "good" : "soft" }, side ?? "?"),
        digits(price),
        digits(size),
      ]),
    ));
  }
}

function ladder(book) {
  const [bids, asks] = [book.best("bids", LEVELS_SHOWN), book.best("asks", LEVELS_SHOWN)];
  const largest = Math.max(...[...bids, ...asks].map(([, size]) => size), Number.MIN_VALUE);
  const share = (level) => ({ "--share": `${level === undefined ? 0 : (100 * level[1]) / largest}%` });
  const rows = Array.from({ length: Math.max(bids.length, asks.length) }, (_, i) =>
    element(
      "tr",
      {},
      element("td", { class: "bid", ...share(bids[i]) }, bids[i]?.[1] ?? ""),
      element("td", { class: "good" }, bids[i] === undefined ? "" : digits(bids[i][0])),
      element("td", { class: "bad" }, asks[i] === undefined ? "" : digits(asks[i][0])),
      element("td", { class: "ask", ...share(asks[i]) }, asks[i]?.[1] ?? ""),
    ));
  return element("div", { class: "scroll" }, element("table", { class: "ladder" }, element("tbody", {}, ...rows)));
}

/** The newest first, each with what last became of it. */
function showGaps(places, rows) {
  const holes = new Map(rows.map((row) => [`${row.data_type} ${row.from_time} ${row.to_time} ${row.after_id}`, row]));
  if (holes.size === 0) return places.gaps.replaceChildren(element("span", { class: "good" }, "nothing that anyone knows of"));
  places.gaps.replaceChildren(table(
    ["type", "reason", "from", "to", "missing", "outcome"],
    [...holes.values()].reverse().slice(0, 50).map((row) => [
      row.data_type,
      row.reason,
      row.from_time.slice(0, 23).replace("T", " "),
      clock(row.to_time),
      row.missing === null ? "" : count(row.missing),
      element("span", { class: row.outcome === "healed" ? "good" : "bad" }, row.outcome),
    ]),
  ));
}
