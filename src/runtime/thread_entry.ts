import process from "node:process";
import type { Runtime, ThreadPort } from "./runtime.ts";
import type { FromThread, ToThread } from "./thread_envelope.ts";
import { loadRuntime } from "./load.ts";

/** The global of a worker, which neither set of types knows beside the window's. */
interface WorkerGlobal {
  onmessage: ((event: { data: ToThread }) => void) | null;
  postMessage(message: FromThread, transfer: ArrayBuffer[]): void;
  addEventListener(type: "error" | "unhandledrejection", listener: (event: WorkerFault) => void): void;
}

interface WorkerFault {
  readonly error?: unknown;
  readonly reason?: unknown;
  preventDefault(): void;
}

/** The first and only statement of a thread's entry file. A fault in the thread is told to its supervisor, which ends it. */
export function serveThread(start: (runtime: Runtime, port: ThreadPort) => void): void {
  const self = globalThis as unknown as WorkerGlobal;
  const queued: unknown[] = []; // until `receive`: what the supervisor posted while we were loading
  let receiver: ((message: unknown) => void) | undefined;

  const send = (envelope: FromThread, transfer: readonly ArrayBuffer[] = []) => self.postMessage(envelope, [...transfer]);
  const fatal = (error: unknown) => send({ kind: "fatal", reason: textOf(error) });
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);
  self.addEventListener("error", (event) => {
    event.preventDefault();
    fatal(event.error);
  });
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fatal(event.reason);
  });

  self.onmessage = ({ data: envelope }) => {
    if (envelope.kind === "hello") beat(envelope.beatEveryMs);
    else if (receiver === undefined) queued.push(envelope.message);
    else receiver(envelope.message);
  };

  const port: ThreadPort = {
    post: (message, transfer) => send({ kind: "message", message }, transfer),
    receive(handler) {
      receiver = handler;
      for (const message of queued.splice(0)) handler(message);
    },
  };
  loadRuntime(import.meta.url).then((runtime) => start(runtime, port)).catch(fatal);

  function beat(everyMs: number): void {
    send({ kind: "beat" });
    setInterval(() => send({ kind: "beat" }), everyMs);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
