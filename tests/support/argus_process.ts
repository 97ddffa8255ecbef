import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const BINARY = path.join(ROOT, "dist", process.platform === "win32" ? "argus.exe" : "argus");

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** The first line of standard output; rejects when the process ends without one. */
  readonly firstLine: Promise<string>;
  readonly pid: number;
  /** Resolves once that was said on standard error; rejects when the process ends without it. */
  said(text: string): Promise<void>;
  signal(name: "SIGTERM" | "SIGINT" | "SIGKILL"): void;
  /** A line on its standard input. */
  tell(line: string): void;
}

export interface HowToRun {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The compiled binary instead of the sources on the runtime the test runs on. */
  readonly isBinary?: boolean;
  /** Of the shell that starts it, such as `ulimit -n 64`. */
  readonly before?: string;
}

/** The real program as a process of its own, with an environment that holds nothing but what is given. */
export function startArgus(args: readonly string[], { cwd, env = {}, isBinary = false, before }: HowToRun): Running {
  const command = isBinary ? [BINARY] : sourceCommand("src/main.ts");
  const whole = before === undefined ? [...command, ...args] : ["/bin/sh", "-c", `${before}; exec "$@"`, "sh", ...command, ...args];
  const child = spawn(whole[0]!, whole.slice(1), {
    cwd,
    env: { PATH: isBinary ? "" : process.env["PATH"] ?? "", HOME: cwd, ...env },
  });
  return watched(child);
}

/** Another program of ours, such as one that plays many clients, on the runtime the test runs on. */
export function startProgram(file: string, args: readonly string[], cwd: string): Running {
  const command = sourceCommand(file);
  return watched(spawn(command[0]!, [...command.slice(1), ...args], { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: cwd } }));
}

function sourceCommand(file: string): string[] {
  const absolute = path.join(ROOT, file);
  return "Deno" in globalThis ? [process.execPath, "run", "-A", "--no-check", absolute] : [process.execPath, absolute];
}

/** The same, to its end. */
export function argus(args: readonly string[], how: HowToRun): Promise<Ended> {
  return startArgus(args, how).ended;
}

function watched(child: ChildProcess): Running {
  let out = "";
  let err = "";
  let gotLine!: (line: string) => void;
  let gotNone!: (error: Error) => void;
  const firstLine = new Promise<string>((resolve, reject) => [gotLine, gotNone] = [resolve, reject]);
  firstLine.catch(() => {}); // only some tests ask for it
  child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
    out += chunk;
    if (out.includes("\n")) gotLine(out.slice(0, out.indexOf("\n")));
  });
  const listeners = new Set<() => void>();
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    err += chunk;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code: number | null) => {
      gotNone(new Error(`ended with ${code} and no line: ${err}`));
      resolve({ code, out, err });
    });
  });
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => err.includes(text) && resolve();
      listeners.add(look);
      look();
      void ended.then(({ code }) => reject(new Error(`ended with ${code} and never said ${text}: ${err}`)));
    });
  const tell = (line: string) => void child.stdin!.write(`${line}\n`);
  // Deno's child.kill reports no exit code afterwards.
  return { ended, firstLine, said, tell, pid: child.pid!, signal: (name) => void process.kill(child.pid!, name) };
}
