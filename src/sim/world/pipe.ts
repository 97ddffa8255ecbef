import type { Cancel } from "../../runtime/runtime.ts";
import type { EventLoop } from "./event_loop.ts";
import type { Lifetime } from "./lifetime.ts";
import type { SeededRandom } from "./seeded_random.ts";

interface Parcel {
  readonly deliver: () => void;
  readonly bytes: number;
}

/** What was sent at one instant travels together, as one write does over TCP. */
interface Segment {
  readonly sentUs: number;
  readonly arrivalUs: number;
  readonly parcels: Parcel[];
}

/** One direction of a connection: late, but in order and whole, until it is cut. */
export class Pipe {
  readonly #loop: EventLoop;
  readonly #life: Lifetime;
  readonly #delayUs: () => number;
  readonly #segments: Segment[] = [];
  #wake: Cancel | undefined;
  #arrivalUs = 0;
  #bytes = 0;
  #isHeld = false;
  #isClosed = false;

  /** Parcels are delivered as tasks of `life`, the receiving side. */
  constructor(loop: EventLoop, life: Lifetime, delayUs: () => number) {
    this.#loop = loop;
    this.#life = life;
    this.#delayUs = delayUs;
  }

  /** Under way. */
  get bytes(): number {
    return this.#bytes;
  }

  send(deliver: () => void, bytes = 0): void {
    if (this.#isClosed) return;
    const sentUs = this.#loop.nowUs;
    let segment = this.#segments.at(-1);
    if (segment?.sentUs !== sentUs) {
      this.#arrivalUs = Math.max(this.#arrivalUs, sentUs + this.#delayUs());
      segment = { sentUs, arrivalUs: this.#arrivalUs, parcels: [] };
      this.#segments.push(segment);
    }
    segment.parcels.push({ deliver, bytes });
    this.#bytes += bytes;
    this.#plan();
  }

  /** Held, nothing arrives; let go, everything that waited does, after one more delay. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    this.#wake?.();
    this.#wake = undefined;
    if (!isHeld) this.#plan(this.#loop.nowUs + this.#delayUs());
  }

  /** The line broke: of what is under way a seeded first part still arrives. */
  cut(random: SeededRandom): void {
    for (const { parcels } of this.#segments.splice(random.below(this.#segments.length + 1))) {
      for (const { bytes } of parcels) this.#bytes -= bytes;
    }
  }

  /** Nothing is delivered any more. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
    this.#segments.length = 0;
    this.#bytes = 0;
  }

  #plan(notBeforeUs = 0): void {
    const next = this.#segments[0];
    if (next === undefined || this.#wake !== undefined || this.#isHeld || this.#isClosed) return;
    this.#wake = this.#loop.at(Math.max(next.arrivalUs, notBeforeUs), () => {
      this.#wake = undefined;
      this.#arrive();
    }, this.#life);
  }

  #arrive(): void {
    while (!this.#isHeld && (this.#segments[0]?.arrivalUs ?? Infinity) <= this.#loop.nowUs) {
      for (const { deliver, bytes } of this.#segments.shift()!.parcels) {
        if (this.#isClosed) return;
        this.#bytes -= bytes;
        deliver();
      }
    }
    this.#plan();
  }
}
