import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { executable, root } from "./install.mjs";

const READY_MS = 20_000; // a cold start of a runtime on a busy machine takes seconds
const TYPES = ["bbo", "trade", "depth"];

/** A simulated venue and a recorder, two real processes on loopback, until Ctrl-C or `-- --duration 30s`. */
export async function demo(args) {
  const data = join(root, "data", "demo");
  const ledgers = join(root, "data", "demo-ledger");
  mkdirSync(ledgers, { recursive: true });
  const venue = start(
    [
      "simulate",
      "--source",
      "binance",
      "--port",
      "0",
      "--symbols",
      "20",
      "--rate",
      "1000",
      "--json",
      "--ledger",
      join(ledgers, `${Date.now()}.ndjson`),
    ],
    {},
    "pipe",
  );
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal);
  try {
    const ready = await firstLine(venue);
    console.log(`Simulated venue   ${ready.ws_url}  ${ready.http_url}`);
    console.log(`Recording to      ${data}`);
    console.log("\nLook at it with DuckDB, also while it grows (the first rows land within 10 seconds):\n");
    console.log(`${query(data).replaceAll(/^/gm, "  ")};\n`);
    console.log(`The other types are ${TYPES.slice(1).join(" and ")}. Ctrl-C ends both and runs that query.\n`);
    // Its own environment decides alone: a developer's argus.toml or ARGUS_… must not send the demo to the real venue.
    const recorder = start(
      [
        "record",
        "--source",
        "binance",
        "--data-path",
        data,
        "--flush-interval",
        "5s",
        "--types",
        TYPES.join(","),
        "--listen",
        "127.0.0.1:0", // the recorder prints which one it got
        ...args,
      ],
      { ARGUS_SOURCES__BINANCE__WS_URL: ready.ws_url, ARGUS_SOURCES__BINANCE__REST_URL: ready.http_url, ARGUS_FLUSH_ROWS: "1" },
      "inherit",
    );
    stop.signal.addEventListener("abort", () => recorder.kill("SIGTERM"));
    if (stop.signal.aborted) recorder.kill("SIGTERM");
    const [code] = await once(recorder, "exit");
    if (code === 0) await show(query(data));
    return code ?? 1;
  } finally {
    venue.kill("SIGTERM");
    if (venue.exitCode === null && venue.signalCode === null) await once(venue, "exit");
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, onSignal);
  }
}

function query(data) {
  return `SELECT symbol, count(*) AS quotes, max(recv_time) AS newest\nFROM read_parquet('${data}/binance/bbo/*/*/*.pq')\nGROUP BY symbol ORDER BY quotes DESC LIMIT 5`;
}

/** The query's answer, from DuckDB itself. */
async function show(sql) {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run("SET TimeZone = 'UTC'");
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson();
  console.log();
  console.table(rows);
  connection.closeSync();
}

function start(args, environment, stdout) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ARGUS_")));
  // Its own process group: Ctrl-C comes here only, so that the recorder drains before the venue ends.
  return spawn(executable("bun"), [join(root, "src", "main.ts"), ...args], {
    cwd: join(root, "data"),
    env: { ...env, ...environment },
    stdio: ["ignore", stdout, stdout === "pipe" ? "ignore" : "inherit"], // the venue's own end is of no interest here
    detached: process.platform !== "win32",
  });
}

/** The venue's first line says where it listens. */
async function firstLine(child) {
  let text = "";
  const line = (async () => {
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      text += chunk;
      if (text.includes("\n")) break;
    }
    if (!text.includes("\n")) throw new Error("the simulated venue ended before it listened; `npm start -- simulate` says why");
    return JSON.parse(text.slice(0, text.indexOf("\n")));
  })();
  let timer;
  const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error("the simulated venue does not answer")), READY_MS));
  try {
    return await Promise.race([line, late]);
  } finally {
    clearTimeout(timer);
  }
}
