import { sleep } from "../../../lib/sleep.ts";
import type { Runtime, TcpServer } from "../../../runtime/runtime.ts";
import type { Answerer } from "./exchange.ts";
import { HttpConnection } from "./http_connection.ts";

const CONNECTIONS_MAX = 1_000;
const UNSENT_BYTES_MAX = 64 * 1024; // in the kernel, of a client that does not read: what waits here can be conflated, and is counted
const GOODBYE_MS = 100; // for close frames to leave before the connections are reset

/**
 * HTTP/1.1 and WebSocket on one port, over the port's plain TCP: neither runtime's own server keeps the limits a recorder needs (one queues
 * half a gigabyte for a reader that stopped, one drops without a word, one never ends a half-sent request, and neither takes the size of a
 * head), and here they are the same on both.
 */
export class HttpServer implements AsyncDisposable {
  readonly #runtime: Pick<Runtime, "tcp" | "timers">;
  readonly #answerer: Answerer;
  readonly #open = new Set<HttpConnection>();
  #tcp: TcpServer | undefined;

  constructor(runtime: Pick<Runtime, "tcp" | "timers">, answerer: Answerer) {
    this.#runtime = runtime;
    this.#answerer = answerer;
  }

  /** Rejects where the address cannot be had. */
  async listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly host: string; readonly port: number }> {
    this.#tcp = await this.#runtime.tcp.listen({ ...address, unsentBytesMax: UNSENT_BYTES_MAX }, (tcp) => {
      const connection = new HttpConnection(tcp, this.#runtime.timers, this.#answerer);
      if (this.#open.size >= CONNECTIONS_MAX) this.#makeRoom(connection);
      else this.#open.add(connection);
      return {
        data: (bytes) => connection.data(bytes),
        drained: () => connection.drained(),
        closed: () => {
          this.#open.delete(connection);
          connection.closed();
        },
      };
    });
    return this.#tcp;
  }

  get connections(): number {
    return this.#open.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#tcp === undefined) return;
    for (const connection of this.#open) connection.goAway();
    if (this.#open.size > 0) await sleep(this.#runtime.timers, GOODBYE_MS, new AbortController().signal);
    await this.#tcp.close();
  }

  /** Someone who only holds a place gives it to someone who may have something to ask. */
  #makeRoom(connection: HttpConnection): void {
    const idle = [...this.#open].find((each) => each.isIdle);
    if (idle === undefined) return connection.cut();
    this.#open.delete(idle);
    idle.cut();
    this.#open.add(connection);
  }
}
