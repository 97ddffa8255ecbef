const PERIOD_MS = 60_000;
const BAD_SHARE = 0.01;
const BAD_MIN = 10; // a thin socket's one odd frame is no share of anything

/** Whether a socket brings too much that cannot be read: more than one frame in a hundred of a minute. */
export class Garble {
  #periodEndsMs = -Infinity;
  #frames = 0;
  #bad = 0;
  #isTold = false;

  /** A frame was read. True once a minute at most, when it was one too many. */
  read(isBad: boolean, nowMs: number): boolean {
    if (nowMs >= this.#periodEndsMs) {
      this.#periodEndsMs = nowMs + PERIOD_MS;
      this.#frames = 0;
      this.#bad = 0;
      this.#isTold = false;
    }
    this.#frames++;
    if (!isBad) return false;
    this.#bad++;
    if (this.#isTold || this.#bad < BAD_MIN || this.#bad <= BAD_SHARE * this.#frames) return false;
    return this.#isTold = true;
  }
}
