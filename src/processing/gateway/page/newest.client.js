import { card, clock, element, readable } from "./formats.client.js";
import { follow, lines } from "./recorder.client.js";

const PAST_DAYS = 1;
const FETCHED_MAX = 5_000;
const SHOWN = 50;
const DRAW_MS = 500;
const COMMON = ["recv_time", "event_time", "source", "symbol", "origin"];

/** The newest events of a path that is no market's: a line each, with its own columns. */
export function showNewest(place, path, signal) {
  const body = element("tbody");
  place.replaceChildren(
    card(`newest of ${readable(path)}`, element("div", { class: "scroll" }, element("table", { class: "newest" }, body))),
  );
  let events = [];
  let isDue = true;
  const add = (event) => {
    if (events.some((each) => each.recv_time === event.recv_time && JSON.stringify(each) === JSON.stringify(event))) return;
    events = [event, ...events].slice(0, SHOWN);
    isDue = true;
  };
  const from = (Date.now() - PAST_DAYS * 86_400_000) * 1_000;
  const begin = async () => {
    const past = await lines(`/v1/events/${path}?from=${from}&limit=${FETCHED_MAX}`, { signal }).catch(() => []);
    const newer = events;
    events = past.reverse().slice(0, SHOWN);
    for (const event of newer.reverse()) add(event);
    isDue = true;
  };
  void begin();
  follow([path], ({ event }) => event !== undefined && add(event), signal, begin);
  const drawing = setInterval(() => {
    if (!isDue) return;
    isDue = false;
    body.replaceChildren(...events.map(line));
  }, DRAW_MS);
  signal.addEventListener("abort", () => clearInterval(drawing));
}

function line(event) {
  const own = Object.entries(event).filter(([name, value]) => !COMMON.includes(name) && value !== null);
  const text = own.map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(" · ");
  return element(
    "tr",
    {},
    element("td", {}, `${event.recv_time.slice(5, 10)} ${clock(event.recv_time)}`),
    element("td", { class: "text" }, text),
  );
}
