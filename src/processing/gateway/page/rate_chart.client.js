import { card, count, element } from "./formats.client.js";
import { newChart } from "./chart.client.js";

const KEPT = 900; // half an hour of looks
const LINES = ["--accent", "--good", "--warn", "--bad", "--soft"];

/** Kept while the page is open, whatever is shown. */
const times = [];
const rates = new Map();
let uptime = 0;

/** Events a second of each type since the page was opened. */
export function rateChart(signal) {
  const place = element("div", { class: "chart low" });
  let chart;
  return {
    node: card("events a second", place),
    begin: () => chart = newChart(place, { height: 160, lines: [], signal, value: count, fromZero: true }),
    update({ types, uptime_seconds, time }) {
      if (uptime_seconds < uptime && times.length > 0) add(Date.parse(time) / 1_000 - 1, new Map()); // another recorder: the line breaks
      uptime = uptime_seconds;
      const market = types.filter(({ type }) => !["gap", "session", "instrument"].includes(type));
      add(Date.parse(time) / 1_000, new Map(market.map(({ source, type, rate }) => [`${source}/${type}`, rate])));
      const names = [...rates.keys()];
      chart.lines(names.map((name, i) => ({ label: name, color: LINES[i % LINES.length] })));
      chart.draw([times, ...names.map((name) => rates.get(name))]);
    },
  };
}

function add(time, now) {
  times.push(time);
  for (const name of now.keys()) if (!rates.has(name)) rates.set(name, Array(times.length - 1).fill(null));
  for (const [name, list] of rates) list.push(now.get(name) ?? null);
  if (times.length > KEPT) { for (const list of [times, ...rates.values()]) list.shift(); }
}
