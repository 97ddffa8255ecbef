import * as net from "node:net";
import type { TcpConnection, TcpHandler, TcpListener, TcpServer } from "./runtime.ts";
import { limitUnsent, type SocketCalls } from "./unsent_limit.ts";

/** `openCalls`: undefined where the system has none that are known. */
export function nodeTcp(openCalls: () => SocketCalls | undefined): TcpListener {
  return {
    listen({ host, port, unsentBytesMax }, accept) {
      const open = new Set<net.Socket>();
      const server = net.createServer({ noDelay: true }, (socket) => {
        open.add(socket);
        socket.once("close", () => open.delete(socket));
        serve(socket, accept);
      });
      return new Promise<TcpServer>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          const own = (server.address() as net.AddressInfo).port;
          if (unsentBytesMax !== undefined) tryLimit(openCalls, own, unsentBytesMax);
          resolve({ host, port: own, close: () => close(server, open) });
        });
      });
    },
  };
}

function tryLimit(openCalls: () => SocketCalls | undefined, port: number, bytes: number): void {
  try {
    const calls = openCalls();
    if (calls !== undefined) limitUnsent(calls, port, bytes);
  } catch {
    // A program that may not call the system keeps the kernel's own limit, and listens all the same.
  }
}

function serve(socket: net.Socket, accept: (connection: TcpConnection) => TcpHandler): void {
  const handler = accept({
    peer: `${socket.remoteAddress}:${socket.remotePort}`,
    write: (bytes) => {
      if (socket.writable) socket.write(bytes);
    },
    bufferedBytes: () => socket.writableLength,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    reset: () => reset(socket),
  });
  socket.on("data", (bytes) => handler.data(bytes as Uint8Array));
  socket.on("drain", () => handler.drained?.());
  socket.on("error", () => socket.destroy()); // `close` follows and is what the handler hears
  socket.once("close", () => handler.closed());
}

function reset(socket: net.Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

function close(server: net.Server, open: ReadonlySet<net.Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of open) reset(socket);
  });
}
