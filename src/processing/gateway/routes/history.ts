import { eventTypeOf } from "../../../events/registry.ts";
import { parseTime } from "../../../lib/parse_time.ts";
import { partsOf } from "../../../lib/stream_path.ts";
import { HistoryBusy } from "../../pts/history.ts";
import { type Format, FORMATS } from "../../pts/formats.ts";
import { presentJson } from "../../pts/present_json.ts";
import type { GatewayWorld } from "../gateway_world.ts";
import { textAnswer } from "../http/json_answer.ts";
import type { Paths } from "../paths.ts";
import { type Asked, AskError, type Route } from "../route.ts";
import { spellings, unknownPath } from "./live.ts";

const LEVELS = 20;
const DAYS = 7;
const DAYS_MAX = 31;
const LIMIT_MAX = 100_000_000;
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
};

type World = Pick<GatewayWorld, "history" | "sources" | "runtime">;

/** What was stored and what is not stored yet, as one. */
export function historyRoutes(world: World, paths: Paths): Route[] {
  const answers = { 200: "the answer", 400: "a parameter is not what it should be", 404: "no such path; the hint has the nearest" };
  return [
    {
      method: "GET",
      path: "/v1/asof/{path}",
      summary: "The newest event received at or before a moment; of depth the rebuilt book; with what may be missing from it",
      parameters: [
        { name: "at", doc: "ISO 8601 or µs since the epoch; now where it is not said" },
        { name: "levels", doc: `levels of each side of a book, ${LEVELS} where it is not said, or all` },
      ],
      answers,
      async run({ rest, query }) {
        const { path, isUndelivered } = known(world, paths, rest);
        const at = timeOf("at", query.get("at")) ?? world.runtime.clock.wallTime();
        const text = await mayBeBusy(world.history.asOf(path, at, levelsOf(query.get("levels")), isUndelivered));
        return textAnswer(200, "application/json", `${text}\n`);
      },
    },
    {
      method: "GET",
      path: "/v1/events/{path}",
      summary: "Events received from a moment to before another, in the order they are stored; streamed",
      parameters: [
        { name: "from", doc: "ISO 8601 or µs since the epoch; the beginning where it is not said" },
        { name: "to", doc: "the same; now where it is not said" },
        { name: "limit", doc: "so many at most" },
        { name: "format", doc: `${FORMATS.join(", ")}; ndjson where it is not said` },
      ],
      answers,
      run: (asked) => events(world, paths, asked),
    },
    {
      method: "GET",
      path: "/v1/completeness",
      summary: "Of each day, source and type: in which share of the time nothing is known to be missing, as far as it is in files",
      parameters: [{ name: "days", doc: `so many, up to today; 1 to ${DAYS_MAX}, ${DAYS} where it is not said` }],
      answers: { 200: "the days", 400: "a parameter is not what it should be" },
      async run({ query }) {
        const days = integerOf("days", query.get("days") ?? String(DAYS), `a number of days, 1 to ${DAYS_MAX}`);
        if (days < 1 || days > DAYS_MAX) throw new AskError(400, "bad_days", `${days} days cannot be asked for.`, `Say 1 to ${DAYS_MAX}.`);
        const text = await mayBeBusy(world.history.completeness(world.runtime.clock.wallTime(), days));
        return textAnswer(200, "application/json", `${text}\n`);
      },
    },
    {
      method: "GET",
      path: "/v1/present/{path}",
      summary: "What is not on disk yet of a path, for `argus asof` and `argus events` beside a running recorder; its form may change",
      answers,
      async run({ rest }) {
        const { path, isUndelivered } = known(world, paths, rest);
        return textAnswer(200, "application/json", presentJson(await world.history.present(path, isUndelivered)));
      },
    },
  ];
}

async function events(world: World, paths: Paths, { rest, query, request }: Asked): Promise<Response> {
  const { path, isUndelivered } = known(world, paths, rest);
  const from = timeOf("from", query.get("from")) ?? 0;
  const to = timeOf("to", query.get("to")) ?? world.runtime.clock.wallTime() + 1;
  const format = FORMATS.find((each) => each === (query.get("format") ?? "ndjson"));
  if (format === undefined) throw new AskError(400, "bad_format", "There is no such format.", `Say one of ${FORMATS.join(", ")}.`);
  const { lacks, body } = await mayBeBusy(
    world.history.events({ path, from, to, limit: limitOf(query.get("limit")), format }, isUndelivered),
  );
  const { complete, gap } = JSON.parse(lacks) as { complete: boolean; gap: unknown };
  const headers = new Headers({
    "content-type": CONTENT_TYPES[format],
    "cache-control": "no-store",
    "argus-complete": String(complete),
    ...(complete ? {} : { "argus-gap": JSON.stringify(gap) }),
  });
  if (request.method === "HEAD") await body.cancel();
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

/** A path that is published, or of which something is stored. */
function known({ history, sources }: World, paths: Paths, raw: string) {
  const candidates = spellings(raw).filter((path) => eventTypeOf(partsOf(path).type) !== undefined);
  for (const path of candidates) {
    if (paths.get(path) === undefined && !history.knows(path)) continue;
    return { path, isUndelivered: sources().some(({ undelivered }) => undelivered.includes(path)) };
  }
  throw unknownPath(paths, raw);
}

async function mayBeBusy<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HistoryBusy) throw new AskError(503, "busy", `Cannot answer now: ${error.message}.`, "Try again in a moment.");
    throw error;
  }
}

function timeOf(name: string, text: string | null): number | undefined {
  if (text === null) return undefined;
  // A + of a zone arrives as a space where nobody encoded it.
  const time = parseTime(text.replace(/ (\d{2}:?\d{2})$/, "+$1"));
  if (time === undefined) {
    throw new AskError(
      400,
      "bad_time",
      `${name} is no moment: ${JSON.stringify(text.slice(0, 60))}.`,
      "Say 2026-11-20T13:00:01.2Z, or µs since the epoch.",
    );
  }
  return time;
}

function levelsOf(text: string | null): number {
  if (text === null) return LEVELS;
  if (text === "all") return Number.MAX_SAFE_INTEGER;
  return integerOf("levels", text, "a number of levels, or all");
}

function limitOf(text: string | null): number {
  return text === null ? Number.MAX_SAFE_INTEGER : Math.min(LIMIT_MAX, integerOf("limit", text, "a number of events"));
}

function integerOf(name: string, text: string, expected: string): number {
  if (!/^\d{1,12}$/.test(text)) {
    throw new AskError(400, `bad_${name}`, `${name} is no number: ${JSON.stringify(text.slice(0, 60))}.`, `Say ${expected}.`);
  }
  return Number(text);
}
