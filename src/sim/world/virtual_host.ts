import { US_PER_MS } from "../../lib/time.ts";
import { liveSockets } from "../../runtime/live_sockets.ts";
import type { Compression, Runtime } from "../../runtime/runtime.ts";
import type { EventLoop } from "./event_loop.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Network } from "./network.ts";
import { SeededRandom } from "./seeded_random.ts";
import { VirtualClock, virtualTimers } from "./virtual_clock.ts";
import { VirtualDisk } from "./virtual_disk.ts";
import { virtualHttp } from "./virtual_http.ts";
import { type ProgramOptions, VirtualProcess } from "./virtual_process.ts";
import { VirtualLoopback } from "./virtual_tcp.ts";
import { type ThreadEntries, VirtualThreads } from "./virtual_threads.ts";

export interface HostWorld {
  readonly seed: number;
  readonly startTime: number;
  readonly loop: EventLoop;
  readonly network: Network;
  readonly compression: Compression;
  readonly entries: ThreadEntries | undefined;
}

interface Program {
  readonly process: VirtualProcess;
  readonly threads: VirtualThreads;
  readonly runtime: Runtime;
}

const CAPACITY_BYTES = 64 * 2 ** 30;
const FIRST_PID = 1_000;
const NOTICED_AFTER_MS = 6_000; // a thread that falls silent, by its heartbeat

/** One machine: a disk, a clock, an address, and one program at a time, or another one beside it. */
export class VirtualHost {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly disk: VirtualDisk;
  /** Where a program here listens, and a test connects to it. */
  readonly loopback: VirtualLoopback;
  readonly #world: HostWorld;
  #programs = 0;
  /** Those that are not over, in the order they began. */
  readonly #all = new Set<Program>();
  #program: Program | undefined;

  constructor(world: HostWorld, name: string) {
    this.#world = world;
    this.name = name;
    this.loopback = new VirtualLoopback(world.loop);
    this.clock = new VirtualClock(world.loop, world.startTime);
    this.disk = new VirtualDisk({
      capacityBytes: CAPACITY_BYTES,
      wallTime: () => this.clock.wallTime(),
      random: new SeededRandom(world.seed, "disk", name),
    });
  }

  /** The runtime of the program that runs here. A new program is started where none does. */
  runtime(options: ProgramOptions = {}): Runtime {
    return this.#running(options).runtime;
  }

  /** A program beside the one that runs here. From now on it is the one that is meant; the other one goes on until it ends, or its end is asked for. */
  besides(options: ProgramOptions = {}): Runtime {
    this.#program = this.#start(options);
    return this.#program.runtime;
  }

  /** The program that runs here, or the last one that did. */
  get process(): VirtualProcess {
    return (this.#program ?? this.#running({})).process;
  }

  /** SIGKILL: its sockets are reset, its locks fall, what it wrote is kept. */
  kill(): void {
    this.#program?.process.life.end("exit");
  }

  /** The program is gone without a word to anyone, and the disk keeps only what was synced (see `VirtualDisk.powerCut`). */
  powerCut(options: { readonly isTorn?: boolean } = {}): void {
    for (const program of [...this.#all]) program.process.life.end("power");
    this.disk.powerCut(options);
  }

  /** None of the program's code runs for so long; the machine's kernel goes on. */
  pause(ms: number): void {
    this.#program?.process.life.pauseUntil(this.#world.loop.nowUs + Math.round(ms * US_PER_MS));
  }

  /** The threads of the program end in the middle of whatever they do; the program is told later, as by a heartbeat. */
  killThread(reason = "killed", noticedAfterMs = NOTICED_AFTER_MS): void {
    this.#program?.threads.kill(reason, noticedAfterMs);
  }

  stepWall(ms: number): void {
    this.clock.stepWall(ms);
  }

  #running(options: ProgramOptions): Program {
    if (this.#program?.process.life.isOver === false) return this.#program;
    const left = [...this.#all].at(-1);
    return this.#program = left ?? this.#start(options);
  }

  #start(options: ProgramOptions): Program {
    const { loop, entries } = this.#world;
    const process = new VirtualProcess(loop, this.name, FIRST_PID + this.#programs++, options);
    const threads = new VirtualThreads({
      loop,
      life: process.life,
      random: this.#random(process, "threads"),
      runtime: (life) => this.#runtimeOf(life, process, threads),
    }, entries);
    const program = { process, threads, runtime: this.#runtimeOf(process.life, process, threads) };
    this.#all.add(program);
    process.life.onEnd(() => this.#all.delete(program));
    return program;
  }

  #runtimeOf(life: Lifetime, process: VirtualProcess, threads: VirtualThreads): Runtime {
    const { seed, loop, network, compression } = this.#world;
    const timers = virtualTimers(loop, life);
    return {
      name: "simulated",
      version: `seed ${seed}`,
      clock: this.clock,
      timers,
      random: this.#random(process, life === process.life ? "main" : "thread"),
      sockets: liveSockets(this.clock, timers, network.openWire(life, this.name)),
      http: virtualHttp(timers, network.openExchange(life, this.name)),
      tcp: this.loopback.listener(life),
      disk: this.disk.mount(life, process.folder),
      compression,
      threads,
      process,
    };
  }

  #random(process: VirtualProcess, purpose: string): SeededRandom {
    return new SeededRandom(this.#world.seed, this.name, String(process.pid), purpose);
  }
}
