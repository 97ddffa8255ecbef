import { Book } from "./book.client.js";
import { newChart } from "./chart.client.js";
import { card, clock, count, decimalsOf, element, figures, price } from "./formats.client.js";
import { ladder } from "./ladder.client.js";
import { liveTable } from "./live_table.client.js";
import { follow, json, lines } from "./recorder.client.js";

const WINDOW_S = 300; // of the chart
const PAST_MAX = 20_000; // events fetched to begin with
const POINTS_MAX = 20_000;
const TRADES_SHOWN = 20;
const DRAW_MS = 250; // a busy path says more than anyone can read

/** Price, spread, book and trades of a symbol, live. */
export function showMarket(place, { source, symbol, signal }) {
  const of = (type) => `${source}/${type}/${symbol}`;
  const state = { ...nothing(), of, signal, events: 0, lagged: 0, decimals: 0 };
  const numbers = figures();
  const chart = element("div", { class: "chart" });
  const book = ladder();
  const trades = liveTable([{ title: "time, UTC" }, { title: "side" }, { title: "price" }, { title: "size" }], { empty: "No trade yet." });
  const bookCard = card("book", book.node);
  place.replaceChildren(
    numbers.node,
    card(`best bid and offer, last ${WINDOW_S / 60} minutes`, chart),
    element("div", { class: "columns" }, bookCard, card("trades", trades.node)),
  );
  const plot = newChart(chart, {
    height: 260,
    lines: [{ label: "bid", color: "--good" }, { label: "ask", color: "--bad" }],
    signal,
    axis: 90,
    value: (at) => price(at, state.decimals),
  });
  const draw = () => {
    state.decimals = decimalsOf([...state.bids.slice(-50), ...state.asks.slice(-50)]);
    keepWindow(state);
    plot.draw([state.times, state.bids, state.asks]);
    numbers.update(numbersOf(state));
    bookCard.firstChild.textContent = state.book.lastId === undefined ? "book, not whole yet" : "book";
    book.update(state.book);
    showTrades(trades, state.trades);
  };
  void begin(state);
  follow([of("bbo"), of("trade"), of("depth")], (message) => hear(state, message), signal, () => {
    Object.assign(state, nothing()); // what was between is in the past by then, and the book begins anew
    void begin(state);
  });
  const drawing = setInterval(draw, DRAW_MS);
  signal.addEventListener("abort", () => clearInterval(drawing));
}

function nothing() {
  return { times: [], bids: [], asks: [], trades: [], quote: undefined, book: new Book() };
}

async function begin(state) {
  const { of, signal } = state;
  void wholeBook(state);
  const from = Math.round((Date.now() - 1_000 * WINDOW_S) * 1_000);
  const times = state.times;
  const quotes = await lines(`/v1/events/${of("bbo")}?from=${from}&limit=${PAST_MAX}`, { signal }).catch(() => []);
  if (times !== state.times) return; // begun anew meanwhile
  const first = times[0] ?? Infinity;
  const before = quotes.filter(({ recv_time }) => Date.parse(recv_time) / 1_000 < first);
  times.unshift(...before.map(({ recv_time }) => Date.parse(recv_time) / 1_000));
  state.bids.unshift(...before.map(({ bid_price }) => bid_price));
  state.asks.unshift(...before.map(({ ask_price }) => ask_price));
}

async function wholeBook(state) {
  const { book, of, signal } = state;
  const { event } = await json(`/v1/asof/${of("depth")}?levels=all`, { signal }).catch(() => ({ event: null }));
  if (event !== null && book === state.book && book.lastId === undefined) book.whole(event);
}

function hear(state, { path, event, lagged }) {
  const { of } = state;
  if (lagged !== undefined) {
    state.lagged += lagged;
    if (path !== of("depth")) return;
    // What was lost cannot be applied: the book begins anew.
    state.book = new Book();
    void wholeBook(state);
  }
  if (event === undefined) return;
  state.events++;
  if (path === of("bbo")) {
    state.quote = event;
    state.times.push(Date.parse(event.recv_time) / 1_000);
    state.bids.push(event.bid_price);
    state.asks.push(event.ask_price);
    if (state.times.length > POINTS_MAX + 1_000) { for (const list of [state.times, state.bids, state.asks]) list.splice(0, 1_000); }
  } else if (path === of("trade")) {
    state.trades.unshift({ ...event, n: state.events });
    state.trades.length = Math.min(state.trades.length, TRADES_SHOWN);
  } else if (event.is_snapshot) state.book.whole(event);
  else state.book.change(event);
}

function keepWindow(state) {
  const from = Date.now() / 1_000 - WINDOW_S;
  let first = 0;
  while (first < state.times.length && state.times[first] < from) first++;
  for (const list of [state.times, state.bids, state.asks]) list.splice(0, first);
}

function numbersOf({ quote, trades, events, lagged, decimals }) {
  const spread = quote?.ask_price != null && quote?.bid_price != null ? quote.ask_price - quote.bid_price : undefined;
  const side = { buy: "good", sell: "bad" }[trades[0]?.side] ?? "";
  return [
    ["bid", price(quote?.bid_price, decimals), "good"],
    ["ask", price(quote?.ask_price, decimals), "bad"],
    ["spread", spread === undefined ? "–" : price(Number(spread.toPrecision(4)), decimals)],
    ["last trade", price(trades[0]?.price, decimals), side],
    ["events seen", count(events)],
    ...(lagged > 0 ? [["events this page lost", count(lagged), "bad"]] : []),
  ];
}

function showTrades(table, trades) {
  const decimals = decimalsOf(trades.map(({ price }) => price));
  const sizeDecimals = decimalsOf(trades.map(({ size }) => size));
  table.update(trades.map((each) => ({
    key: each.n,
    kind: each.side ?? "",
    cells: [clock(each.recv_time), each.side ?? "?", price(each.price, decimals), price(each.size, sizeDecimals)],
  })));
}
