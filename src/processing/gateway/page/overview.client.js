import { bytes, card, count, duration, element, figures } from "./formats.client.js";
import { completenessCard } from "./completeness.client.js";
import { holesCard } from "./holes.client.js";
import { liveTable } from "./live_table.client.js";
import { pathsTable } from "./paths_table.client.js";
import { rateChart } from "./rate_chart.client.js";
import { json } from "./recorder.client.js";

const EVERY_MS = 2_000;
const MANY = 1_000; // paths: the recorder has better things to do than to list them every two seconds
const MANY_EVERY = 3; // looks
const WORKERS_SHOWN = 12;
const NAMED = 8;

/** The first page: how the recorder fares, and its busiest paths, or those that were searched for. */
export function showOverview(main, { search, told, signal }) {
  let timer;
  let known = [];
  let looks = 0;
  const page = overview(main, search, signal);
  const look = async () => {
    clearTimeout(timer);
    try {
      const isDue = looks++ % (known.length > MANY ? MANY_EVERY : 1) === 0;
      const [status, { paths }] = await Promise.all([
        json("/v1/status", { signal }),
        isDue ? json("/v1/paths", { signal }) : { paths: known },
      ]);
      if (signal.aborted) return;
      told(status);
      known = paths;
      page.update(status, paths);
    } catch (error) {
      if (!signal.aborted) told(undefined, error);
    }
    if (!signal.aborted) timer = setTimeout(look, EVERY_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  void look();
  return () => page.searched(known);
}

function overview(main, search, signal) {
  const numbers = figures();
  const undelivered = element("div", { class: "bad" });
  const undeliveredCard = card("not delivered right now", undelivered);
  const chart = rateChart(signal);
  const types = liveTable([{ title: "type" }, { title: "paths", kind: "more" }, { title: "events" }, { title: "a second" }, {
    title: "lag, ms",
  }]);
  const workers = liveTable([{ title: "socket" }, { title: "worker", kind: "more" }, { title: "streams" }, { title: "age" }, {
    title: "replaced in",
  }]);
  const workersCard = card("sockets", workers.node);
  const paths = pathsTable(search);
  const foot = element("p", { class: "soft foot" });
  undeliveredCard.hidden = true;
  main.replaceChildren(
    numbers.node,
    undeliveredCard,
    chart.node,
    element("div", { class: "columns" }, card("types", types.node), workersCard),
    element("div", { class: "columns" }, completenessCard(signal), holesCard(signal)),
    paths.node,
    foot,
  );
  chart.begin();

  function update(status, known) {
    const { sources, gateway, storage, version, runtime } = status;
    numbers.update(numbersOf(status));
    const missing = sources.reduce((sum, source) => sum + source.undelivered, 0);
    const named = sources.flatMap((source) => source.undelivered_paths).slice(0, NAMED);
    undeliveredCard.hidden = missing === 0;
    undelivered.textContent = `${named.join(", ")}${missing > named.length ? ` and ${count(missing - named.length)} more` : ""}`;
    chart.update(status);
    types.update(
      ordered(status.types).map((each) => ({
        key: `${each.source}/${each.type}`,
        cells: [
          `${each.source}/${each.type}`,
          count(each.paths),
          count(each.events),
          count(each.rate),
          each.lag_ms_max === null ? "" : count(each.lag_ms_max),
        ],
      })),
    );
    const all = sources.flatMap((source) => source.workers);
    workersCard.firstChild.textContent = all.length > WORKERS_SHOWN
      ? `sockets, the ${WORKERS_SHOWN} oldest of ${all.length}`
      : `sockets (${all.length})`;
    workers.update(
      all.sort((a, b) => b.age_seconds - a.age_seconds).slice(0, WORKERS_SHOWN).map((each) => ({
        key: each.lane,
        cells: [each.lane, each.id, count(each.streams), duration(each.age_seconds), duration(each.rotates_in_seconds)],
      })),
    );
    paths.update(known);
    const clients = gateway.clients.length;
    foot.textContent = `argus ${version} on ${runtime}, writing ${storage.data_path}; ${
      clients === 1 ? "one client" : `${clients} clients`
    } listening`;
  }

  return { update, searched: paths.update };
}

function numbersOf({ types, gaps, storage, process, uptime_seconds }) {
  const sum = (key) => types.reduce((total, each) => total + (each[key] ?? 0), 0);
  const lags = types.map((each) => each.lag_ms_max).filter((lag) => lag !== null);
  return [
    ["events a second", count(sum("rate"))],
    ["events since the start", count(sum("events"))],
    ["largest lag to the venue", lags.length === 0 ? "–" : `${count(Math.max(...lags))} ms`],
    ["gaps, proven", count(gaps.proven), gaps.proven > 0 ? "bad" : "good"],
    ["gaps, possible", count(gaps.possible), gaps.possible > 0 ? "bad" : "good"],
    ["rows on disk", count(storage.rows_saved)],
    ["rows in memory", count(storage.rows_buffered)],
    ["disk free", bytes(storage.disk_free_bytes)],
    ["memory", bytes(process.resident_bytes)],
    ["up", duration(uptime_seconds)],
  ];
}

/** What the venue sends before what the recorder says itself. */
function ordered(types) {
  const own = ["gap", "session", "instrument"];
  return [...types].sort((a, b) => own.indexOf(a.type) - own.indexOf(b.type) || (a.type < b.type ? -1 : 1));
}
