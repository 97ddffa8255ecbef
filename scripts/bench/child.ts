import * as fs from "node:fs";

const MEMORY_LOOK_MS = 50;

/** A child process, its lines, and what the system says it used. */
export function runChild(
  command: string[],
  options: { readonly cwd: string; readonly env?: Record<string, string>; readonly codes?: readonly number[] },
) {
  const child = Bun.spawn(command, {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: options.cwd, ...options.env },
    stdout: "pipe",
    stderr: "pipe",
    stdin: "ignore",
  });
  const lines: string[] = [];
  let firstLine!: (line: string) => void;
  const first = new Promise<string>((resolve) => firstLine = resolve);
  const read = (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of child.stdout) {
      text += decoder.decode(bytes, { stream: true });
      const parts = text.split("\n");
      text = parts.pop()!;
      lines.push(...parts);
      if (lines.length > 0) firstLine(lines[0]!);
    }
  })();
  // What the system tells at the end of a child counts our own memory before the child replaced it; this does not.
  let rssBytes = 0;
  const look = setInterval(() => rssBytes = Math.max(rssBytes, peakBytes(child.pid)), MEMORY_LOOK_MS);
  let isKilled = false;
  let errors = "";
  const tellings: { readonly pattern: RegExp; readonly resolve: (text: string) => void }[] = [];
  const readErrors = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      errors += text;
      for (const { pattern, resolve } of tellings) if (pattern.test(errors)) resolve(errors);
    }
  })();
  const ended = (async () => {
    const code = await child.exited;
    await Promise.all([read, readErrors]);
    clearInterval(look);
    const usage = child.resourceUsage()!;
    if (!isKilled && !(options.codes ?? [0]).includes(code)) throw new Error(`${command.join(" ")} ended with ${code}:\n${errors}`);
    return { code, lines, usage: { cpuUs: Number(usage.cpuTime.total), rssBytes: rssBytes || usage.maxRSS } };
  })();
  ended.catch(() => {}); // whoever waits for it hears it
  return {
    pid: child.pid,
    first: Promise.race([first, ended.then(() => "")]),
    ended,
    /** What it has written to stderr when that matches; an end before that is an error. */
    told: (pattern: RegExp) =>
      Promise.race([
        new Promise<string>((resolve) => tellings.push({ pattern, resolve })),
        ended.then(() => {
          throw new Error(`it ended without ${pattern}`);
        }),
      ]),
    stop: () => child.kill("SIGTERM"),
    async kill() {
      isKilled = true;
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** The most memory a running process has had, where the system tells it. */
function peakBytes(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
