import type { KeepFrame } from "../../network/worker.ts";

type Frame = Parameters<KeepFrame>[0];

const FRAMES_MAX = 10_000; // of the last seconds; older ones are the other recorder's

/** Frames for the quarantine while another recorder writes there: it keeps its own copies until it leaves. */
export class HeldFrames {
  readonly #keep: KeepFrame;
  /** Undefined once they pass. */
  #held: Frame[] | undefined;

  constructor(keep: KeepFrame, isStandby: boolean) {
    this.#keep = keep;
    this.#held = isStandby ? [] : undefined;
  }

  readonly keep: KeepFrame = (frame) => {
    if (this.#held === undefined) return this.#keep(frame);
    this.#held.push(frame);
    if (this.#held.length > FRAMES_MAX) this.#held.splice(0, FRAMES_MAX / 2);
  };

  /** Those the other one did not have, and all that follow. */
  pass(leftTime: number): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const frame of held) if (frame.recvTime > leftTime) this.#keep(frame);
  }
}
