import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import process from "node:process";
import { after, describe, it } from "node:test";
import type { TcpConnection } from "../../src/runtime/runtime.ts";
import { eventually, runtime, skipped } from "./support.ts";

const PIECE = new Uint8Array(16 * 1024).fill(1);
const UNSENT_BYTES = 64 * 1024;
const BUFFERED_BYTES = 64 * 1024; // where the streams of both runtimes begin to tell that they are drained
const WITH_PEERS_SHARE = 512 * 1024; // a peer that never read has the buffer it began with
const WHOLE_BYTES = 32 * 1024 * 1024;

/** A server's end of a connection whose peer does not read yet. */
class Served {
  tcp!: TcpConnection;
  peer!: Socket;
  written = 0;
  #isDrained: () => void = () => {};

  static async open(unsentBytesMax?: number): Promise<Served> {
    const served = new Served();
    const limit = unsentBytesMax === undefined ? {} : { unsentBytesMax };
    const server = await runtime.tcp.listen({ host: "127.0.0.1", port: 0, ...limit }, (tcp) => {
      served.tcp = tcp;
      return { data() {}, drained: () => served.#isDrained(), closed() {} };
    });
    after(() => server.close());
    served.peer = connect({ host: "127.0.0.1", port: server.port });
    served.peer.on("error", () => {}); // reset at the end
    served.peer.pause();
    assert.ok(await eventually(() => served.tcp !== undefined));
    return served;
  }

  /** Writes while the kernel takes it; resolves with what it has taken when nothing moves any more. */
  async fill(): Promise<number> {
    for (let stillMs = 0; stillMs < 100; stillMs += 10) {
      for (; this.tcp.bufferedBytes() === 0; stillMs = 0) this.#write();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.written - this.tcp.bufferedBytes();
  }

  /** Writes up to so many bytes in all, as fast as the peer reads. */
  async finish(bytes: number): Promise<void> {
    while (this.written < bytes) {
      if (this.tcp.bufferedBytes() < BUFFERED_BYTES) this.#write();
      else await new Promise<void>((resolve) => this.#isDrained = resolve);
    }
  }

  #write(): void {
    this.tcp.write(PIECE);
    this.written += PIECE.length;
  }
}

describe("the runtime's TCP", () => {
  it("the kernel keeps little for a peer that does not read, and gives it everything when it does", async () => {
    if (process.platform !== "linux") return skipped("unsent limit", "only Linux can be told");
    const served = await Served.open(UNSENT_BYTES);
    const kept = await served.fill();
    assert.ok(kept < WITH_PEERS_SHARE, `${kept} bytes`);
    let read = 0;
    served.peer.on("data", ({ length }) => read += length).resume();
    await served.finish(WHOLE_BYTES);
    assert.ok(await eventually(() => read === served.written), `${read} of ${served.written}`);
  });

  it("pin: not told, it keeps megabytes", async () => {
    if (process.platform !== "linux") return skipped("unsent pin", "measured on Linux");
    const served = await Served.open();
    const kept = await served.fill();
    assert.ok(kept > 2 * WITH_PEERS_SHARE, `${kept} bytes`);
  });
});
