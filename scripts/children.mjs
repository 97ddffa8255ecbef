import { spawn } from "node:child_process";
import { root } from "./install.mjs";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Runs a program in the foreground: its output is ours, signals to us reach it, its exit code is the result. */
export function foreground(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: "inherit", ...options });
    // A terminal sends Ctrl-C to the whole group, so the child has it already; a signal sent to us alone is passed on.
    const isInteractive = process.stdin.isTTY === true;
    const pass = (signal) => {
      if (!(isInteractive && signal === "SIGINT")) child.kill(signal);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, pass);
    const done = () => STOP_SIGNALS.forEach((signal) => process.off(signal, pass));
    child.once("error", (error) => (done(), reject(error)));
    child.once("close", (code, signal) => (done(), resolve(code ?? SIGNAL_CODES[signal] ?? 1)));
  });
}

const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/** Runs a program to its end and gives its exit code with everything it printed, in order. */
export function captured(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => output += text);
    child.stderr.setEncoding("utf8").on("data", (text) => output += text);
    child.once("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.once("close", (code, signal) => resolve({ code: code ?? 1, output: signal ? `${output}killed by ${signal}\n` : output }));
  });
}
