import type { Dialect } from "../../exchanges/dialect.ts";
import type { TimeUnit } from "../../exchanges/source.ts";
import type { Outgoing } from "./feed.ts";

/** The texts of one event: at most two payloads and two frames of each, made when first needed. */
export class FrameTexts {
  readonly #dialect: Dialect;
  readonly #frame: Outgoing;
  #us: string | undefined;
  #ms: string | undefined;
  #combinedUs: string | undefined;
  #combinedMs: string | undefined;

  constructor(dialect: Dialect, frame: Outgoing) {
    this.#dialect = dialect;
    this.#frame = frame;
  }

  payload(unit: TimeUnit): string {
    return unit === "us" ? this.#us ??= this.#frame.payload("us") : this.#ms ??= this.#frame.payload("ms");
  }

  for({ timeUnit, isCombined }: { readonly timeUnit: TimeUnit; readonly isCombined: boolean }): string {
    if (!isCombined) return this.payload(timeUnit);
    return timeUnit === "us" ? this.#combinedUs ??= this.#combined("us") : this.#combinedMs ??= this.#combined("ms");
  }

  #combined(unit: TimeUnit): string {
    return this.#dialect.envelope(this.#frame.stream, this.payload(unit), true);
  }
}
