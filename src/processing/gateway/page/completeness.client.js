import { card, count, duration, element } from "./formats.client.js";
import { json } from "./recorder.client.js";

const DAYS = 7;
const EVERY_MS = 60_000;

/** A square for each day and type: how much of it nothing is missing from. */
export function completenessCard(signal) {
  const place = element("div", { class: "scroll" }, element("p", { class: "soft" }, "looking through the gap files"));
  const node = card("complete, % of the day so far", place, legend());
  node.id = "completeness";
  let timer;
  const look = async () => {
    const answer = await json(`/v1/completeness?days=${DAYS}`, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (answer !== undefined) place.replaceChildren(map(answer));
    timer = setTimeout(look, answer === undefined ? 5_000 : EVERY_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  void look();
  return node;
}

function map({ as_of, days }) {
  const today = Date.parse(`${as_of.slice(0, 10)}T00:00:00Z`);
  const dates = Array.from({ length: DAYS }, (_, i) => new Date(today - (DAYS - 1 - i) * 86_400_000).toISOString().slice(0, 10));
  const lines = new Map();
  for (const day of days) {
    const name = `${day.source}/${day.type}`;
    lines.set(name, (lines.get(name) ?? new Map()).set(day.date, day));
  }
  if (lines.size === 0) {
    return element("p", { class: "soft" }, "No day file yet: the first rows are in one after one to three flush intervals.");
  }
  return element(
    "table",
    { class: "heat" },
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "type"),
        ...dates.map((date) => element("th", { scope: "col" }, element("span", { class: "more" }, date.slice(5, 8)), date.slice(8))),
      ),
    ),
    element(
      "tbody",
      {},
      ...[...lines].map(([name, of]) =>
        element("tr", {}, element("th", { scope: "row" }, name), ...dates.map((date) => cell(date, of.get(date))))
      ),
    ),
  );
}

function cell(date, day) {
  if (day === undefined) return element("td", { class: "nothing", title: `${date}: nothing recorded` }, "–");
  const title =
    `${date}: ${(100 * day.complete).toFixed(4)} % of ${count(day.streams)} streams; ${
      duration(day.seconds_missing / day.streams)
    } missing of each ` +
    `on average; ${count(day.holes)} holes, ${count(day.holes_healed)} filled, ${count(day.ids_missing)} events known to be missing`;
  return element("td", { class: kindOf(day), title }, percent(day.complete));
}

/** Recorded for a part of the day is one thing; holes in what was recorded are another. */
function kindOf({ complete, holes, holes_healed }) {
  if (complete === 1) return "whole";
  if (holes === holes_healed) return complete > 0.999 ? "whole" : "part";
  return complete > 0.999 ? "nearly" : "holes";
}

/** Rounded down: 100 is all of it. */
function percent(share) {
  return share === 1 ? "100" : (Math.floor(1_000 * share) / 10).toFixed(1);
}

function legend() {
  const item = (kind, text) => element("span", {}, element("i", { class: kind }), text);
  return element(
    "p",
    { class: "legend soft" },
    item("whole", "nothing missing"),
    item("part", "recorded for a part of the day"),
    item("nearly", "holes under 0.1 %"),
    item("holes", "more"),
    item("nothing", "not recorded"),
  );
}
