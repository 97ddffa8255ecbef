import { RestError } from "../lib/errors.ts";
import type { VenueTime } from "../exchanges/source.ts";
import type { RestClient } from "./rest_client.ts";

/** Of the venue's clock to ours, µs: positive where the venue is ahead. The truth lies within `errorUs` of it. */
export interface ClockOffset {
  readonly offsetUs: number;
  readonly errorUs: number;
}

const SAMPLES = 3; // the fastest answer says it best

/**
 * How far the venue's clock is from ours, by asking it: its time belongs to some moment between our question and its answer. Rejects with
 * RestError.
 */
export async function measureOffset(rest: RestClient, { path, weight, timeOf }: VenueTime): Promise<ClockOffset> {
  let best: ClockOffset | undefined;
  for (let i = 0; i < SAMPLES; i++) {
    const { answer, sentTime, tookUs } = await rest.timed(path, weight);
    const venueTime = timeOf(answer);
    if (venueTime === undefined) throw new RestError(`${path}: no time in the answer`);
    const errorUs = Math.ceil(tookUs / 2);
    if (best === undefined || errorUs < best.errorUs) best = { offsetUs: Math.round(venueTime - sentTime - tookUs / 2), errorUs };
  }
  return best!;
}
