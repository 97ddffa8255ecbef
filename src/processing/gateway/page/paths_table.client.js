import { card, clock, count, pathLink, readable } from "./formats.client.js";
import { liveTable } from "./live_table.client.js";

const PATHS_SHOWN = 60;
const ORDERS = {
  path: (a, b) => a.path < b.path ? -1 : 1,
  rate: (a, b) => b.rate - a.rate,
  events: (a, b) => b.events - a.events,
  newest: (a, b) => (b.last_time ?? "") < (a.last_time ?? "") ? -1 : 1,
  lag: (a, b) => (b.lag_ms ?? -Infinity) - (a.lag_ms ?? -Infinity),
};

/** The busiest paths, or those that were searched for, in the order the reader likes. */
export function pathsTable(search) {
  let order = "rate";
  let known = [];
  const links = new Map();
  const table = liveTable([
    { title: "path", key: "path" },
    { title: "a second", key: "rate" },
    { title: "events", key: "events", kind: "more" },
    { title: "newest, UTC", key: "newest", kind: "more" },
    { title: "lag, ms", key: "lag" },
  ], { sorted: () => order, sort, empty: "No path is like that. Words are looked for anywhere, * stands for anything: binance/*/BTC*" });
  const node = card("paths", table.node);
  node.id = "paths";

  function sort(key) {
    order = key;
    update(known);
  }

  function update(paths) {
    known = paths;
    const matches = matcher(search());
    const found = paths.filter(({ path }) => matches(readable(path)));
    found.sort((a, b) => ORDERS[order](a, b) || ORDERS.path(a, b));
    const shown = found.slice(0, PATHS_SHOWN);
    const which = found.length === paths.length ? `${count(paths.length)} paths` : `${count(found.length)} of ${count(paths.length)} paths`;
    node.firstChild.textContent = found.length > shown.length ? `${which}, the first ${shown.length} by ${order}` : which;
    table.update(shown.map((each) => ({
      key: each.path,
      cells: [link(each.path), count(each.rate), count(each.events), clock(each.last_time), each.lag_ms === null ? "" : count(each.lag_ms)],
    })));
    for (const path of links.keys()) if (links.size > 500 && !shown.some((each) => each.path === path)) links.delete(path);
  }

  function link(path) {
    let made = links.get(path);
    if (made === undefined) links.set(path, made = pathLink(path));
    return made;
  }

  return { node, update };
}

/** Every word is somewhere in the path; one with a * is a pattern of the whole path, or of its symbol where it has no /. */
function matcher(text) {
  const tests = text.toUpperCase().split(/\s+/).filter((word) => word !== "").map((word) => {
    if (!word.includes("*")) return (path) => path.includes(word);
    const parts = word.split("*");
    return word.includes("/") ? (path) => isLike(path, parts) : (path) => isLike(path.slice(path.lastIndexOf("/") + 1), parts);
  });
  return (path) => tests.every((test) => test(path.toUpperCase()));
}

/** The parts stand in the text in their order, the first at its beginning and the last at its end. */
function isLike(text, parts) {
  const [first, last] = [parts[0], parts.at(-1)];
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
