import { measureOffset } from "../../network/venue_clock.ts";
import { bad, type Finding, good, poor } from "./check.ts";
import type { Visit } from "./visit.ts";

const OFF_US_MAX = 1_000_000; // past it, receive times and the venue's times say nothing about each other
const GOOD_US_MAX = 100_000; // a clock in step with NTP is within some ms

/** How far this machine's clock is from the venue's, as far as the line lets anyone tell. Rejects with RestError. */
export async function venueClock({ source, rest }: Visit): Promise<Finding | undefined> {
  if (source.time === undefined) return undefined;
  const check = `${source.id} clock`;
  const { offsetUs, errorUs } = await measureOffset(rest, source.time);
  const off = Math.abs(offsetUs) - errorUs;
  const says = `this machine's clock is ${seconds(Math.abs(offsetUs))} ${offsetUs > 0 ? "behind" : "ahead of"} the venue's, give or take ${
    seconds(errorUs)
  }`;
  const todo =
    "recv_time is this machine's clock: keep it in step, with `timedatectl set-ntp true`, chrony, or the host's own clock service.";
  if (off > OFF_US_MAX) return bad(check, says, todo);
  return off > GOOD_US_MAX ? poor(check, says, todo) : good(check, says);
}

function seconds(us: number): string {
  return us < 1_000_000 ? `${(us / 1_000).toFixed(us < 10_000 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`;
}
