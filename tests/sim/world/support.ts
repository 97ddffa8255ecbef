import { loadRuntime } from "../../../src/runtime/load.ts";
import type { ConnectOptions, Runtime, Socket, SocketClosed } from "../../../src/runtime/runtime.ts";
import type { VenueAnswer } from "../../../src/sim/venue/venue_rest.ts";
import type { VenueClient, VenuePeer } from "../../../src/sim/venue/venue_connection.ts";
import type { Site } from "../../../src/sim/world/network.ts";
import type { Refusal } from "../../../src/sim/world/virtual_connection.ts";
import { World, type WorldOptions } from "../../../src/sim/world/world.ts";

export const real = await loadRuntime(import.meta.url);
export const HOST = "venue.sim";
export const CALM: ConnectOptions = { connectTimeoutMs: 10_000, pingEveryMs: 5_000, silentAfterMs: 10_000, frameBytesMax: 1 << 20 };

export function worldOf(seed = 1, options: Partial<WorldOptions> = {}): World {
  return new World(real, { seed, ...options });
}

/** A server that does what a test says, and notes what it hears. */
export class Script implements Site {
  readonly clients: ScriptedClient[] = [];
  readonly requests: string[] = [];
  refusal: Refusal | undefined;
  answer: VenueAnswer = { status: 200, headers: { "Content-Type": "text/plain" }, body: "hello" };
  /** Called with each client that connects. */
  greet: (client: ScriptedClient) => void = () => {};

  connect(peer: VenuePeer, target: string, address: string): VenueClient | Refusal {
    if (this.refusal !== undefined) return this.refusal;
    const client = new ScriptedClient(peer, target, address);
    this.clients.push(client);
    this.greet(client);
    return client;
  }

  request({ method, target }: { readonly method: string; readonly target: string }, address: string): VenueAnswer {
    this.requests.push(`${method} ${target} from ${address}`);
    return this.answer;
  }
}

export class ScriptedClient implements VenueClient {
  readonly peer: VenuePeer;
  readonly target: string;
  readonly address: string;
  /** Everything it said, in order: a text, `ping`, `pong 1,2`, `closed handshake venue`. */
  readonly heard: string[] = [];

  constructor(peer: VenuePeer, target: string, address: string) {
    this.peer = peer;
    this.target = target;
    this.address = address;
  }

  text(text: string): void {
    this.heard.push(text);
  }

  ping(): void {
    this.heard.push("ping");
  }

  pong(payload: Uint8Array): void {
    this.heard.push(`pong ${payload}`);
  }

  failed(code: number): void {
    this.heard.push(`failed ${code}`);
  }

  closed(how: string, by: string): void {
    this.heard.push(`closed ${how} ${by}`);
  }
}

/** Our side of a socket, with everything it was told. */
export interface Noted {
  readonly socket: Socket;
  /** `opened`, a frame's text, `closed {cause}`; in order. */
  readonly log: string[];
  readonly closed: Promise<SocketClosed>;
  closing: SocketClosed | undefined;
}

export function connect(runtime: Runtime, url = `ws://${HOST}/stream`, options: Partial<ConnectOptions> = {}): Noted {
  const log: string[] = [];
  let close!: (closing: SocketClosed) => void;
  const noted: Noted = {
    log,
    closing: undefined,
    closed: new Promise<SocketClosed>((resolve) => close = resolve),
    socket: runtime.sockets.connect(url, { ...CALM, ...options }, {
      opened: () => log.push("opened"),
      frame: (text) => log.push(text),
      closed(closing) {
        log.push(`closed ${closing.cause}`);
        noted.closing = closing;
        close(closing);
      },
    }),
  };
  return noted;
}

/** A world with a scripted server and one program. */
export function scripted(seed = 1, conditions: Partial<World["network"]["conditions"]> = {}) {
  const world = worldOf(seed);
  Object.assign(world.network.conditions, { latencyMs: 50, jitterMs: 20, stallOneIn: 0, ...conditions });
  const script = new Script();
  world.network.serve(HOST, script);
  return { world, script, runtime: world.runtime("recorder") };
}

export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i));
}

/** What a StorageError says, or `nothing thrown`. */
export function codeOf(operation: () => unknown): string {
  try {
    operation();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing thrown";
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
