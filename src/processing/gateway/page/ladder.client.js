import { decimalsOf, element, price } from "./formats.client.js";

const LEVELS = 20;

/** Both sides of a book, best first, each level's size as a bar. Its cells are made once. */
export function ladder() {
  const rows = Array.from({ length: LEVELS }, () => ["bid", "good", "bad", "ask"].map((kind) => element("td", { class: kind })));
  const head = ["bid size", "bid", "ask", "ask size"].map((title) => element("th", { scope: "col" }, title));
  const body = element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells)));
  const node = element(
    "div",
    { class: "scroll" },
    element("table", { class: "ladder" }, element("thead", {}, element("tr", {}, ...head)), body),
  );

  function update(book) {
    const [bids, asks] = [book.best("bids", LEVELS), book.best("asks", LEVELS)];
    const largest = Math.max(...[...bids, ...asks].map(([, size]) => size), Number.MIN_VALUE);
    const decimals = decimalsOf([...bids, ...asks].map(([at]) => at));
    const sizeDecimals = decimalsOf([...bids, ...asks].map(([, size]) => size));
    rows.forEach(([bidSize, bid, ask, askSize], i) => {
      for (const [size, at, level] of [[bidSize, bid, bids[i]], [askSize, ask, asks[i]]]) {
        set(size, level === undefined ? "" : level[1].toFixed(Math.min(sizeDecimals, 8)));
        set(at, level === undefined ? "" : price(level[0], decimals));
        size.style.setProperty("--share", `${level === undefined ? 0 : (100 * level[1]) / largest}%`);
      }
    });
  }

  return { node, update };
}

function set(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}
