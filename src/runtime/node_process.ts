import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import process from "node:process";
import type { Process } from "./runtime.ts";

const STOP_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const COLUMNS = 80; // where the output is no terminal
const ROWS = 24;

export function nodeProcess(): Process {
  // A closed reader also raises `error` on the stream, which unheard would be an uncaught exception; the callback has told it already.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  return {
    args: process.argv.slice(2),
    env: process.env,
    pid: process.pid,
    host: os.hostname(),
    platform: `${process.platform}-${process.arch}`,
    folder: process.cwd(),
    isTerminal: process.stdout.isTTY === true,
    isErrorTerminal: process.stderr.isTTY === true,
    isRoot: process.getuid?.() === 0,
    columns: process.stdout.columns || COLUMNS,
    rows: process.stdout.rows || ROWS,
    write: (target, text) =>
      new Promise((resolve) => {
        (target === "out" ? process.stdout : process.stderr).write(text, (error) => resolve(error === null || error === undefined));
      }),
    onKey(run) {
      const { stdin } = process;
      if (stdin.isTTY !== true) return () => {};
      const listener = (bytes: Uint8Array) => run(new TextDecoder().decode(bytes));
      stdin.setRawMode(true);
      stdin.on("data", listener);
      stdin.resume();
      return () => {
        stdin.off("data", listener);
        stdin.setRawMode(false);
        stdin.pause();
      };
    },
    onStop(run) {
      const listener = (signal: string) => run(signal);
      for (const signal of STOP_SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of STOP_SIGNALS) process.off(signal, listener);
      };
    },
    onFatal(run) {
      process.on("uncaughtException", run);
      process.on("unhandledRejection", run);
    },
    exit: (code) => process.exit(code),
    rssBytes: () => process.memoryUsage().rss,
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    openFilesMax,
  };
}

/** The soft limit of this very process: a runtime may have raised it at its start, so the shell's is not asked where the kernel tells. */
function openFilesMax(): number | undefined {
  if (process.platform === "win32") return undefined;
  const told = process.platform === "linux"
    ? /^Max open files +(\S+)/m.exec(fs.readFileSync("/proc/self/limits", "utf8"))?.[1]
    : spawnSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }).stdout?.trim();
  if (told === "unlimited") return Infinity;
  return told !== undefined && /^\d+$/.test(told) ? Number(told) : undefined;
}
