import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import page from "../page/page.html" with { type: "text" };
import book from "../page/book.client.js" with { type: "text" };
import chart from "../page/chart.client.js" with { type: "text" };
import completeness from "../page/completeness.client.js" with { type: "text" };
import formats from "../page/formats.client.js" with { type: "text" };
import holes from "../page/holes.client.js" with { type: "text" };
import keyboard from "../page/keyboard.client.js" with { type: "text" };
import ladder from "../page/ladder.client.js" with { type: "text" };
import liveTable from "../page/live_table.client.js" with { type: "text" };
import market from "../page/market.client.js" with { type: "text" };
import newest from "../page/newest.client.js" with { type: "text" };
import overview from "../page/overview.client.js" with { type: "text" };
import pathPage from "../page/path_page.client.js" with { type: "text" };
import pathsTable from "../page/paths_table.client.js" with { type: "text" };
import rateChart from "../page/rate_chart.client.js" with { type: "text" };
import recorder from "../page/recorder.client.js" with { type: "text" };
import start from "../page/start.client.js" with { type: "text" };
import style from "../page/style.css" with { type: "text" };
import { textAnswer } from "../http/json_answer.ts";
import type { Route } from "../route.ts";

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
/** Scripts of ours from here only, none inline; it speaks with us only. uPlot sets styles on its elements. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The dashboard: what a browser needs, all of it in the program, so that it works where there is no internet. It holds no data itself. */
export function pageRoutes(): Route[] {
  const scripts = {
    book,
    chart,
    completeness,
    formats,
    holes,
    keyboard,
    ladder,
    live_table: liveTable,
    market,
    newest,
    overview,
    path_page: pathPage,
    paths_table: pathsTable,
    rate_chart: rateChart,
    recorder,
    start,
  };
  const files: readonly (readonly [path: string, type: string, text: string])[] = [
    ["/", HTML, page as unknown as string], // Bun's types know only its own meaning of such an import
    ["/page/style.css", STYLE, style],
    ["/page/uplot.css", STYLE, uplotStyle],
    ["/page/uplot.js", SCRIPT, uplot],
    ...Object.entries(scripts).map(([name, text]) => [`/page/${name}.client.js`, SCRIPT, text] as const),
  ];
  return files.map(([path, type, text]) => ({
    method: "GET",
    path,
    summary: path === "/" ? "The dashboard" : "Part of the dashboard",
    isOpen: true,
    answers: { 200: "it" },
    run: () => textAnswer(200, type, text, { "content-security-policy": POLICY, "cache-control": "no-cache" }),
  }));
}
