import { isMilestone } from "./milestone.ts";
import type { Telemetry } from "./telemetry.ts";

/** What can happen at the gateway; like Happenings, log line and counter in one call. */
export class GatewayHappenings {
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** A service that others reach needs no more than its own folder. */
  runsAsRoot(): void {
    this.#telemetry.log("warn", "running as root; a user of its own is enough, see docs/OPERATIONS.md", {});
  }

  gatewayListening(url: string): void {
    this.#telemetry.log("info", "gateway listens", { url });
  }

  requestAnswered(route: string, status: number): void {
    this.#telemetry.count("argus_gateway_requests_total", 1, { route, status: String(status) });
  }

  /** Turned away at the door. What was asked for is not logged: it is the stranger's text. */
  requestRefused(status: number): void {
    this.#telemetry.count("argus_gateway_refusals_total", 1, { reason: String(status) });
    const count = this.#telemetry.counter("argus_gateway_refusals_total", { reason: String(status) });
    if (isMilestone(count)) this.#telemetry.log("warn", "gateway turns requests away", { status, count });
  }

  requestFailed(route: string, why: string): void {
    this.#telemetry.log("error", "a request failed in the gateway; this is a bug", { route, why });
  }

  /** Nothing recorded is lost: a client did not read what it was sent, and is told. */
  clientLagged(events: number): void {
    this.#telemetry.count("argus_gateway_events_lagged_total", events);
  }
}
