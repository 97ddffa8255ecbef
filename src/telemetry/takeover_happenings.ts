import type { Telemetry } from "./telemetry.ts";

/** What can happen when one recorder takes over from another; like Happenings, log line and counter in one call. */
export class TakeoverHappenings {
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  nothingToTake(): void {
    this.#telemetry.log("info", "no recorder to take over from: starting as usual");
  }

  connecting(): void {
    this.#telemetry.log("info", "connecting beside the recorder that is to leave");
  }

  /** `how`: "left" with a document, or "gone" without one. */
  tookOver(how: "left" | "gone", holder: string): void {
    this.#telemetry.count("argus_takeovers_total", 1, { how });
    if (how === "left") this.#telemetry.log("info", "took over", { from: holder });
    else this.#telemetry.log("warn", "the recorder before is gone without a word: going on from what is on disk");
  }

  leaving(heir: string): void {
    this.#telemetry.log("info", "another recorder takes over: finishing", { heir });
  }

  refused(heir: string, why: string): void {
    this.#telemetry.log("warn", "another recorder wants to take over and may not", { heir, why });
  }

  /** Whoever asked was killed before it was answered. */
  requestStale(heir: string): void {
    this.#telemetry.log("info", "removed a request to take over whose recorder is gone", { heir });
  }

  requestFailed(why: string): void {
    this.#telemetry.log("warn", "a request to take over cannot be answered", { why });
  }

  documentUnreadable(why: string): void {
    this.#telemetry.log("warn", "what the recorder before left cannot be read here: going on from what is on disk, once it is gone", {
      why,
    });
  }

  slow(seconds: number): void {
    this.#telemetry.log("error", "the recorder before took the request and neither answers nor ends; see docs/OPERATIONS.md", { seconds });
  }

  gatewayNotListening(why: string): void {
    this.#telemetry.log("error", "the gateway could not be opened after the takeover; recording goes on without it", { why });
  }
}
