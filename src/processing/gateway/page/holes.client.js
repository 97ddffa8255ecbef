import { card, clock, count, duration, element, pathLink } from "./formats.client.js";
import { liveTable } from "./live_table.client.js";
import { follow } from "./recorder.client.js";

const KEPT = 200;
const SHOWN = 15;
const DRAW_MS = 500;

/** Holes as they are told, the newest first; of the time before this page was opened, the last one of each symbol. */
export function holesCard(signal) {
  const holes = new Map();
  const table = holesTable({ withSymbol: true, empty: "None since the recorder began." });
  const node = card("holes", table.node);
  node.id = "holes";
  let isDue = true;
  follow(["*/gap/*"], ({ path, event }) => {
    if (event === undefined || isStart(event)) return;
    const key = keyOf(event);
    holes.delete(key); // what became of it makes it the newest
    holes.set(key, { ...event, path: path.replace("/gap/", `/${event.data_type}/`) });
    if (holes.size > KEPT) holes.delete(holes.keys().next().value);
    isDue = true;
  }, signal);
  const drawing = setInterval(() => {
    if (!isDue) return;
    isDue = false;
    table.update(newestFirst(holes).slice(0, SHOWN));
  }, DRAW_MS);
  signal.addEventListener("abort", () => clearInterval(drawing));
  return node;
}

/** A hole is a row when it is seen and another one when it is settled. */
export function keyOf(hole) {
  return [hole.symbol, hole.data_type, hole.from_time, hole.to_time, hole.after_id, hole.before_id].join(" ");
}

/** Where a recording of a stream begins, nothing is known of what was before: that is no loss. */
export function isStart({ reason }) {
  return reason === "start" || reason === "listed";
}

export function newestFirst(holes) {
  return [...holes.values()].sort((a, b) => a.recv_time < b.recv_time ? 1 : -1).map((hole) => ({ key: keyOf(hole), hole }));
}

/** A table of holes; `update` takes what `newestFirst` gives. */
export function holesTable({ withSymbol = false, empty }) {
  const columns = [
    { title: withSymbol ? "stream" : "type" },
    { title: "reason", kind: "more" },
    { title: "from, UTC", kind: withSymbol ? "more" : undefined },
    { title: "length" },
    { title: "missing" },
    { title: "outcome" },
  ];
  const { node, update } = liveTable(columns, { empty });
  return {
    node,
    update: (rows) =>
      update(rows.map(({ key, hole }) => ({
        key: `${key} ${hole.outcome}`,
        cells: [
          withSymbol ? pathLink(hole.path, `${hole.symbol} ${hole.data_type}`) : hole.data_type,
          hole.reason,
          element("span", { title: hole.from_time }, clock(hole.from_time).slice(0, 8)),
          duration((Date.parse(hole.to_time) - Date.parse(hole.from_time)) / 1_000),
          hole.missing === null ? "" : count(hole.missing),
          element(
            "span",
            { class: isStart(hole) ? "soft" : hole.outcome === "healed" ? "good" : "bad" },
            isStart(hole) ? "begins here" : hole.outcome,
          ),
        ],
      }))),
  };
}
