import type { Cancel, SocketClosed } from "../../runtime/runtime.ts";
import type { Wire, WireEvents } from "../../runtime/live_sockets.ts";
import { US_PER_MS, US_PER_S } from "../../lib/time.ts";
import type { VenueClient, VenuePeer } from "../venue/venue_connection.ts";
import type { EventLoop } from "./event_loop.ts";
import type { Lifetime } from "./lifetime.ts";
import { Pipe } from "./pipe.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What answers an upgrade at the other end. */
export interface Upgrades {
  connect(peer: VenuePeer, target: string, address: string): VenueClient | Refusal;
}

export interface Refusal {
  readonly refuse: number;
  readonly retryAfterMs?: number;
  readonly reason: string;
}

/** The two ends of a connection, and the line between them. */
export interface Line {
  readonly loop: EventLoop;
  readonly random: SeededRandom;
  readonly delayUs: () => number;
  readonly clientLife: Lifetime;
  readonly venueLife: Lifetime;
}

const CLOSE_WAIT_US = US_PER_S; // as the venue's transport on loopback: for the client's close frame, then the connection is reset
const FRAME_BYTES = 4; // around a text; the smallest header of one longer than 125 bytes
const NEVER_SENT = 1006; // no peer may send it, so a client fails the connection

/**
 * One WebSocket between a program's socket and a venue. Towards the venue it is a transport like the one on loopback (`VenuePeer`), towards
 * the program what a native WebSocket is (`Wire`): pings are answered by themselves, after everything that came before them.
 */
export class VirtualConnection implements VenuePeer {
  readonly wire: Wire;
  readonly #line: Line;
  readonly #toVenue: Pipe;
  readonly #toClient: Pipe;
  readonly #events: WireEvents;
  readonly #ended: () => void;
  #state: "connecting" | "open" | "gone" = "connecting";
  #client: VenueClient | undefined;
  #closing: "venue" | undefined;
  #lagUs = 0;
  #isDeaf = false;
  #isOver = false;
  #cancelClose: Cancel = () => {};

  constructor(line: Line, venue: () => VenueClient | Refusal, events: WireEvents, ended: () => void) {
    this.#line = line;
    this.#events = events;
    this.#ended = ended;
    this.#toVenue = new Pipe(line.loop, line.venueLife, line.delayUs);
    this.#toClient = new Pipe(line.loop, line.clientLife, () => line.delayUs() + this.#lagUs);
    this.wire = {
      isOpen: () => this.#state === "open",
      send: (text) => this.#toVenue.send(() => this.#heard((client) => client.text(text)), text.length),
      ping: () => this.#toVenue.send(() => this.#pinged()),
      terminate: () => this.#terminate(),
    };
    // TCP's handshake, then the upgrade: two round trips.
    this.#toVenue.send(() => this.#toClient.send(() => this.#toVenue.send(() => this.#upgrade(venue))));
  }

  get isOpen(): boolean {
    return this.#state === "open" && !this.#isOver;
  }

  // ── what a test does to it ─────────────────────────────────────────────────────────────────────────────────────────────

  /** The line breaks: both ends hear of it, and part of what was under way never arrives. */
  cut(): void {
    for (const pipe of [this.#toVenue, this.#toClient]) pipe.cut(this.#line.random);
    this.#toClient.send(() => this.#lost({ cause: this.#state === "open" ? "error" : "refused", detail: "connection reset" }));
    this.#toVenue.send(() => this.#venueLost());
  }

  /** What the venue sends from now on arrives that much later than it would. */
  lag(ms: number): void {
    this.#lagUs = ms * US_PER_MS;
  }

  /** Nothing flows, and nobody is told. Both ends may act as they like; it arrives when the line is let go. */
  hold(isHeld: boolean): void {
    this.#toVenue.hold(isHeld);
    this.#toClient.hold(isHeld);
  }

  /** The client's machine lost its power: nobody is left to say goodbye. */
  vanish(): void {
    this.#state = "gone";
    this.#toVenue.close();
    this.#toClient.close();
    this.#done();
  }

  // ── the venue's end ────────────────────────────────────────────────────────────────────────────────────────────────────

  send(text: string): void {
    if (this.#speaks()) this.#toClient.send(() => this.#received(text), text.length + FRAME_BYTES);
  }

  ping(payload: Uint8Array): void {
    if (this.#speaks()) {
      this.#toClient.send(() => {
        this.#events.heard();
        this.#toVenue.send(() => this.#heard((client) => client.pong(payload)));
      });
    }
  }

  close(code: number, reason: string): void {
    if (this.#isDeaf) return this.reset();
    if (this.#closing !== undefined || this.#isOver) return;
    this.#closing = "venue";
    this.#toClient.send(() => this.#closed(code, reason));
    const { loop, venueLife } = this.#line;
    this.#cancelClose = loop.at(loop.nowUs + CLOSE_WAIT_US, () => this.reset(), venueLife);
  }

  reset(): void {
    if (this.#isOver) return;
    this.#over("cut", "venue");
    this.#toClient.cut(this.#line.random);
    this.#toClient.send(() => this.#lost({ cause: "error", detail: "connection reset by the peer" }));
  }

  bufferedBytes(): number {
    return this.#toClient.bytes;
  }

  /** A client of ours never closes by handshake, so only deafness to everything shows. */
  deafen(to: "close" | "everything"): void {
    if (to === "everything") this.#isDeaf = true;
  }

  #upgrade(venue: () => VenueClient | Refusal): void {
    const answer = venue();
    if ("refuse" in answer) {
      this.#isOver = true;
      const { refuse: status, retryAfterMs } = answer;
      const retry = retryAfterMs === undefined ? {} : { retryAfterMs: 1_000 * Math.ceil(retryAfterMs / 1_000) }; // a header in seconds
      this.#toClient.send(() => this.#lost({ cause: "refused", status, detail: `handshake refused with ${status}`, ...retry }));
    } else {
      this.#client = answer;
      this.#toClient.send(() => this.#opened());
    }
  }

  #heard(tell: (client: VenueClient) => void): void {
    if (!this.#isOver && !this.#isDeaf && this.#client !== undefined) tell(this.#client);
  }

  #pinged(): void {
    this.#heard((client) => {
      if (this.#closing === undefined) this.#toClient.send(() => this.#events.heard());
      client.ping(new Uint8Array(0));
    });
  }

  #venueLost(): void {
    if (!this.#isOver) this.#over("cut", this.#closing ?? "client");
  }

  #over(how: "handshake" | "cut", by: "venue" | "client"): void {
    this.#isOver = true;
    this.#cancelClose();
    this.#client?.closed(how, by);
    this.#done();
  }

  #speaks(): boolean {
    return this.#closing === undefined && !this.#isOver && !this.#isDeaf;
  }

  // ── the client's end ───────────────────────────────────────────────────────────────────────────────────────────────────

  #opened(): void {
    this.#state = "open";
    this.#events.opened();
  }

  #received(text: string): void {
    this.#events.message(text);
  }

  /** A native WebSocket answers the close frame and is done. */
  #closed(code: number, reason: string): void {
    this.#leave(() => {
      if (!this.#isOver && !this.#isDeaf) this.#over("handshake", this.#closing ?? "client");
    });
    if (code === NEVER_SENT) this.#events.ended({ cause: "error", detail: `invalid status code ${code}` });
    else this.#events.ended({ cause: "ended", code, detail: reason || `closed with ${code}` });
  }

  #lost(closing: SocketClosed): void {
    this.#state = "gone";
    this.#toClient.close();
    this.#done();
    this.#events.ended(closing);
  }

  #terminate(): void {
    if (this.#state !== "gone") this.#leave(() => this.#venueLost());
  }

  /** What was sent before still arrives, then this. */
  #leave(tell: () => void): void {
    this.#state = "gone";
    this.#toClient.close();
    this.#toVenue.send(tell);
    this.#done();
  }

  #done(): void {
    if (this.#state === "gone" && this.#isOver) this.#ended();
  }
}
