import type { RestRequest } from "../../src/exchanges/dialect.ts";
import type { VenueClient, VenuePeer } from "../../src/sim/venue/venue_connection.ts";
import type { Site } from "../../src/sim/world/network.ts";
import { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import type { Refusal } from "../../src/sim/world/virtual_connection.ts";

export interface WireHabits {
  /** One frame in so many comes twice; 0 = none. */
  readonly doubledOneIn: number;
  /** Before one frame in so many comes one that nobody can read. */
  readonly damagedOneIn: number;
  /** One frame in so many comes after the next one of its stream. */
  readonly lateOneIn: number;
}

/** Bytes that are no frame of any venue, and pieces of one that is. */
const DAMAGE: readonly ((text: string) => string)[] = [
  (text) => text.slice(0, text.length >> 1),
  (text) => text.slice(text.length >> 1),
  (text) => `${text}${text}`,
  (text) => text.replace('"data":', '"data":null,"date":'),
  (text) => text.replaceAll('"', "'"),
  (text) => text.replace("{", '{"__proto__":{"polluted":1},').replace('"data":{', '"data":{"s":0,').replace('"s":"', '"S":"'),
  () => "",
  () => "\u0000\u0000",
  () => "[".repeat(2_000),
  () => '{"stream":"nobody@knows","data":{}}',
  () => "<html>502 Bad Gateway</html>",
];

/** Between the venue and the recorder, a line that doubles, damages and reorders whole frames. The venue knows nothing of it. */
export class BadWire implements Site {
  /** What was put in, as it was sent. */
  readonly damaged = new Set<string>();
  #habits: WireHabits;
  readonly #venue: Site;
  readonly #random: SeededRandom;

  constructor(venue: Site, seed: number, habits: WireHabits) {
    this.#venue = venue;
    this.#habits = habits;
    this.#random = new SeededRandom(seed, "bad wire");
  }

  /** From now on it carries what it is given. */
  mend(): void {
    this.#habits = { doubledOneIn: 0, damagedOneIn: 0, lateOneIn: 0 };
  }

  connect(peer: VenuePeer, target: string, address: string): VenueClient | Refusal {
    let late: string | undefined;
    const { deafen } = peer;
    return this.#venue.connect(
      {
        send: (text) => {
          const { doubledOneIn, damagedOneIn, lateOneIn } = this.#habits;
          if (this.#draws(damagedOneIn)) peer.send(this.#damage(text));
          if (late === undefined && this.#draws(lateOneIn)) {
            late = text;
            return;
          }
          peer.send(text);
          if (this.#draws(doubledOneIn)) peer.send(text);
          if (late === undefined || streamOf(late) !== streamOf(text)) return;
          peer.send(late);
          late = undefined;
        },
        ping: (payload) => {
          if (late !== undefined) peer.send(late); // a pong answers for everything before it
          late = undefined;
          peer.ping(payload);
        },
        close: (code, reason) => peer.close(code, reason),
        reset: () => peer.reset(),
        bufferedBytes: () => peer.bufferedBytes(),
        ...(deafen === undefined ? {} : { deafen: (to) => deafen.call(peer, to) }),
      },
      target,
      address,
    );
  }

  request(request: RestRequest, address: string) {
    return this.#venue.request(request, address);
  }

  #draws(oneIn: number): boolean {
    return oneIn > 0 && this.#random.below(oneIn) === 0;
  }

  #damage(text: string): string {
    const damaged = DAMAGE[this.#random.below(DAMAGE.length)]!(text);
    this.damaged.add(damaged);
    return damaged;
  }
}

function streamOf(text: string): string {
  return text.slice(0, text.indexOf('"data"'));
}
