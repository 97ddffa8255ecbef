import { describe, it } from "node:test";
import { allClassify } from "./cards/src_01_all_classify.ts";
import { renderedComesBack } from "./cards/src_02_rendered_comes_back.ts";
import { namesRoundTrip } from "./cards/src_03_names_round_trip.ts";
import { subscribeFrames } from "./cards/src_04_subscribe_frames.ts";
import { mutatedFrames } from "./cards/src_05_mutated_frames.ts";
import { continuityLaws } from "./cards/src_06_continuity_laws.ts";
import { times } from "./cards/src_07_times.ts";
import { unknownSide } from "./cards/src_08_unknown_side.ts";
import { universe } from "./cards/src_09_universe.ts";
import { tables } from "./cards/src_10_tables.ts";
import { venueAnswers } from "./cards/src_11_venue_answers.ts";
import { scannedIsParsed } from "./cards/src_12_scanned_is_parsed.ts";
import { subjects } from "./subject.ts";

const CARDS = [
  allClassify,
  renderedComesBack,
  namesRoundTrip,
  subscribeFrames,
  mutatedFrames,
  continuityLaws,
  times,
  unknownSide,
  universe,
  tables,
  venueAnswers,
  scannedIsParsed,
];

for (const subject of subjects()) {
  describe(`source ${subject.source.id}`, () => {
    for (const card of CARDS) {
      it(`${card.id} ${card.promise}`, async () => {
        const reason = card.skip(subject);
        if (reason !== undefined) return console.log(`${card.id} skipped for ${subject.source.id}: ${reason}`);
        await card.check(subject);
      });
    }
  });
}
