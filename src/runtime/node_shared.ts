import { randomFillSync } from "node:crypto";
import type { Compression, DiskLock, Random, Runtime, Sockets, ThreadName } from "./runtime.ts";
import { httpClient } from "./http_client.ts";
import { liveSockets, type OpenWire } from "./live_sockets.ts";
import { nodeDisk } from "./node_disk.ts";
import { nodeProcess } from "./node_process.ts";
import { nodeTcp } from "./node_tcp.ts";
import { nodeTimers } from "./node_timers.ts";
import { supervisedThreads, type ThreadEntries } from "./supervised_thread.ts";
import type { SocketCalls } from "./unsent_limit.ts";
import { HEARTBEAT, type Heartbeat } from "./thread_envelope.ts";
import { wallClock } from "./wall_clock.ts";

export interface RuntimeOptions {
  /** `import.meta.url` of the program's first module. */
  readonly mainUrl: string;
  /** Other thread entries and a faster heartbeat, for tests. */
  readonly entries?: ThreadEntries;
  readonly heartbeat?: Heartbeat;
}

/** What one runtime does in a way of its own. */
export interface Native {
  readonly name: "bun" | "deno";
  readonly version: string;
  readonly openWire: OpenWire;
  readonly lock: (path: string) => DiskLock | undefined;
  readonly compression: Compression;
  readonly openSocketCalls: () => SocketCalls | undefined;
}

/** The port, from what both runtimes share through node:* and web APIs and from the little that is native. */
export function assemble(native: Native, options: RuntimeOptions): Runtime {
  const clock = wallClock();
  const timers = nodeTimers;
  const sockets: Sockets = liveSockets(clock, timers, native.openWire);
  const entry = (name: ThreadName) => new URL(`./${name}_worker.ts`, options.mainUrl).href;
  const entries = options.entries ?? { storage: entry("storage"), journal: entry("journal"), history: entry("history") };
  return {
    name: native.name,
    version: native.version,
    clock,
    timers,
    random,
    sockets,
    http: httpClient(timers),
    tcp: nodeTcp(native.openSocketCalls),
    disk: nodeDisk(native.lock),
    compression: native.compression,
    threads: supervisedThreads(clock, timers, entries, options.heartbeat ?? HEARTBEAT),
    process: nodeProcess(),
  };
}

const random: Random = {
  float: () => Math.random(),
  bytes: (count) => randomFillSync(new Uint8Array(count)),
};
