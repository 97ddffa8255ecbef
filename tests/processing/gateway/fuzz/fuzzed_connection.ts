import { connect } from "node:net";

export interface Heard {
  readonly text: string;
  /** The other side ended it. */
  readonly isClosed: boolean;
  readonly tookMs: number;
}

/** Bytes in pieces over plain TCP, and what comes back until the other side closes, or nothing more is expected. */
export function send(port: number, all: readonly Uint8Array[], patienceMs: number): Promise<Heard> {
  return new Promise((resolve) => {
    const beganMs = performance.now();
    let text = "";
    let isOver = false;
    const socket = connect({ host: "127.0.0.1", port });
    const over = (isClosed: boolean) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, isClosed, tookMs: performance.now() - beganMs });
    };
    const timer = setTimeout(() => over(false), patienceMs);
    socket.setEncoding("latin1");
    socket.setNoDelay(true);
    socket.on(
      "connect",
      () => all.forEach((bytes, i) => i === 0 ? socket.write(bytes) : setTimeout(() => isOver || socket.write(bytes), i)),
    );
    socket.on("data", (chunk: string) => text += chunk);
    socket.on("error", () => {});
    socket.on("close", () => over(true));
  });
}
