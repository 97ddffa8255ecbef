import type { TcpConnection, TcpHandler, TcpListener, TcpServer } from "../../runtime/runtime.ts";
import type { EventLoop } from "./event_loop.ts";
import { Lifetime } from "./lifetime.ts";
import { Pipe } from "./pipe.ts";

/** A client's end of a connection on the loopback of a virtual machine. */
export interface TcpClient {
  write(bytes: Uint8Array): void;
  /** Reads nothing until let go: what a program that hangs does. */
  hold(isHeld: boolean): void;
  close(): void;
}

export interface TcpClientHandler {
  data(bytes: Uint8Array): void;
  closed(): void;
}

const DELAY_US = 30; // of loopback, one way
const FIRST_PORT = 40_000;

/** TCP on one virtual machine: late by a moment, in order and whole, until an end goes. */
export class VirtualLoopback {
  readonly #loop: EventLoop;
  readonly #listening = new Map<number, (client: TcpClientHandler) => TcpClient>();
  #ports = FIRST_PORT;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  /** What a program of that life can listen on. */
  listener(life: Lifetime): TcpListener {
    return {
      listen: ({ host, port }, accept) => {
        const own = port === 0 ? this.#ports++ : port;
        if (this.#listening.has(own)) return Promise.reject(Object.assign(new Error(`port ${own} is taken`), { code: "EADDRINUSE" }));
        const open = new Set<VirtualTcp>();
        this.#listening.set(own, (handler) => {
          const connection = new VirtualTcp(this.#loop, life, handler, () => open.delete(connection));
          open.add(connection);
          return connection.accept(accept);
        });
        const close = () => {
          this.#listening.delete(own);
          for (const each of [...open]) each.reset();
        };
        life.onEnd(close);
        return Promise.resolve<TcpServer>({ host, port: own, close: () => Promise.resolve(close()) });
      },
    };
  }

  /** A program of nobody's connects. Throws where nobody listens. */
  connect(port: number, handler: TcpClientHandler): TcpClient {
    const accept = this.#listening.get(port);
    if (accept === undefined) throw new RangeError(`nobody listens on port ${port}`);
    return accept(handler);
  }
}

class VirtualTcp {
  readonly #toServer: Pipe;
  readonly #toClient: Pipe;
  readonly #client: TcpClientHandler;
  readonly #forget: () => void;
  #server: TcpHandler | undefined;
  #isOver = false;

  constructor(loop: EventLoop, life: Lifetime, client: TcpClientHandler, forget: () => void) {
    this.#toServer = new Pipe(loop, life, () => DELAY_US);
    this.#toClient = new Pipe(loop, new Lifetime((error) => loop.crash(error)), () => DELAY_US);
    this.#client = client;
    this.#forget = forget;
  }

  accept(accept: (connection: TcpConnection) => TcpHandler): TcpClient {
    this.#toServer.send(() => {
      this.#server = accept(this.#connection());
    });
    return {
      write: (bytes) => this.#toServer.send(() => this.#server?.data(bytes), bytes.length),
      hold: (isHeld) => this.#toClient.hold(isHeld),
      close: () => this.#toServer.send(() => this.reset()),
    };
  }

  reset(): void {
    this.#over();
    this.#toClient.close();
    this.#client.closed();
  }

  #connection(): TcpConnection {
    return {
      peer: "127.0.0.1:50000",
      write: (bytes) => {
        if (this.#isOver) return;
        const copy = bytes.slice();
        this.#toClient.send(() => {
          this.#client.data(copy);
          // Told in the program's own time, as the kernel would.
          if (this.#toClient.bytes === 0) this.#toServer.send(() => this.#isOver || this.#server?.drained?.());
        }, copy.length);
      },
      bufferedBytes: () => this.#toClient.bytes,
      pause: () => this.#toServer.hold(true),
      resume: () => this.#toServer.hold(false),
      end: () => this.#toClient.send(() => this.#ended()),
      reset: () => this.reset(),
    };
  }

  #ended(): void {
    this.#client.closed();
    this.#toServer.send(() => this.#over());
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    this.#server?.closed();
  }
}
