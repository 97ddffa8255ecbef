import { bytes, card, clock, count, duration, element, figure, pathLink, table } from "./formats.client.js";
import { json } from "./recorder.client.js";

const EVERY_MS = 2_000;
const PATHS_SHOWN = 60;

/** The first page: how the recorder fares, and its busiest paths, or those that were searched for. */
export function showOverview(main, { search, told, signal }) {
  let timer;
  const look = async () => {
    try {
      const [status, { paths }] = await Promise.all([json("/v1/status", { signal }), json("/v1/paths", { signal })]);
      if (signal.aborted) return;
      told(status);
      main.replaceChildren(...overview(status, paths, search()));
    } catch (error) {
      if (!signal.aborted) told(undefined, error);
    }
    if (!signal.aborted) timer = setTimeout(look, EVERY_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  void look();
  return () => {
    clearTimeout(timer);
    void look();
  };
}

function overview({ sources, types, gaps, storage, gateway, process, uptime_seconds, version, runtime }, paths, search) {
  const sum = (key) => types.reduce((total, each) => total + (each[key] ?? 0), 0);
  const lags = types.map((each) => each.lag_ms_max).filter((lag) => lag !== null);
  const undelivered = sources.flatMap((source) => source.undelivered_paths);
  const workers = sources.flatMap((source) => source.workers);
  return [
    element(
      "div",
      { class: "grid" },
      figure("events a second", count(sum("rate"))),
      figure("events", count(sum("events"))),
      figure("largest lag", lags.length === 0 ? "–" : `${count(Math.max(...lags))} ms`),
      figure("gaps, proven", count(gaps.proven), gaps.proven > 0 ? "bad" : ""),
      figure("gaps, possible", count(gaps.possible), gaps.possible > 0 ? "bad" : ""),
      figure("rows on disk", count(storage.rows_saved)),
      figure("rows in memory", count(storage.rows_buffered)),
      figure("disk free", bytes(storage.disk_free_bytes)),
      figure("memory", bytes(process.resident_bytes)),
      figure("up", duration(uptime_seconds)),
    ),
    undelivered.length === 0 ? undefined : card("not delivered right now", element("div", { class: "bad" }, undelivered.join(", "))),
    element(
      "div",
      { class: "columns" },
      card(
        "types",
        table(
          ["type", "paths", "events", "a second", "lag, ms"],
          types.map((each) => [
            `${each.source}/${each.type}`,
            count(each.paths),
            count(each.events),
            count(each.rate),
            each.lag_ms_max === null ? "" : count(each.lag_ms_max),
          ]),
        ),
      ),
      card(
        `workers (${workers.length})`,
        table(
          ["socket", "worker", "streams", "age"],
          workers.slice(0, 40).map((each) => [
            each.lane,
            each.id,
            count(each.streams),
            duration(each.age_seconds),
          ]),
        ),
      ),
    ),
    pathsCard(paths, search),
    element(
      "p",
      { class: "soft" },
      `argus ${version} on ${runtime}, writing ${storage.data_path}, ${gateway.clients.length} clients listening`,
    ),
  ].filter((each) => each !== undefined);
}

function pathsCard(paths, search) {
  const words = search.toUpperCase().split(/\s+/).filter((word) => word !== "");
  const found = paths.filter(({ path }) => words.every((word) => decoded(path).toUpperCase().includes(word)));
  found.sort((a, b) => b.rate - a.rate || (a.path < b.path ? -1 : 1));
  const title = words.length === 0 ? `busiest of ${paths.length} paths` : `${found.length} of ${paths.length} paths`;
  return card(
    title,
    table(
      ["path", "a second", "events", "newest", "lag, ms"],
      found.slice(0, PATHS_SHOWN).map((each) => [
        pathLink(each.path),
        count(each.rate),
        count(each.events),
        clock(each.last_time),
        each.lag_ms === null ? "" : count(each.lag_ms),
      ]),
    ),
  );
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
