import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { readLedger } from "../../src/sim/venue/ledger_book.ts";
import { amountFrom, isSoak } from "../support/amount.ts";
import { argus } from "../support/argus_process.ts";
import { compareDayFiles } from "../support/day_file_oracle.ts";
import { checkInvariants, describeViolations } from "../support/invariants.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { recordBefore } from "./crowd/recorded_crowd.ts";
import { toldDifferences } from "./crowd/told_against_ledger.ts";

/** `npm run soak -- subscribers 180`: three minutes, 50 symbols, 5,000 events a second, a hundred clients, and twenty who never read. */
const seconds = amountFrom(3);
const size = isSoak()
  ? { symbols: 50, rate: 5_000, each: 50, stalled: 20, quietMs: 4_000 }
  : { symbols: 6, rate: 600, each: 10, stalled: 4, quietMs: 600 };
const STALLED_KIB_MAX = 2 * 1024;
const folder = tempFolder("subscribers");

test(
  "clients that come and go are told the newest event, then every one after it, and it is what the venue sent; the recording is whole",
  { timeout: 1_000 * seconds + 1_200_000 },
  async () => {
    const { crowd, recorder, venue } = await recordBefore(folder, {
      ...size,
      seconds,
      seed: 11,
      phases: (isSoak() ? [0, 0, size.stalled] : [size.stalled]).map((stalled) => ({ stalled, readers: 1 })),
    });
    console.log(`crowd: ${JSON.stringify(crowd)}\nrecorder: ${JSON.stringify(recorder)}`);
    assert.deepEqual(crowd.problems, []);
    assert.equal(crowd.errors, 0);
    assert.ok(crowd.joins > 5 * size.each && crowd.messages > 0.4 * size.rate * seconds, "next to nothing happened");
    if (isSoak()) {
      // A recorder grows for minutes after its start, whoever listens.
      const [first, second, stalled] = recorder.phases.map(({ usualBytes }) => usualBytes) as [number, number, number];
      const grown = stalled - second - Math.max(0, second - first);
      const each = Math.round(grown / size.stalled / 1_024);
      const told = `${each} KiB more for each client that never reads, the kernel's included`;
      console.log(told);
      assert.ok(each < STALLED_KIB_MAX, told);
    }
    const ledger = readLedger(fs.readFileSync(venue.ledger, "utf8"));
    const told = toldDifferences(crowd.toldFile, ledger);
    assert.deepEqual(told.differences, []);
    const { rows, differences } = await compareDayFiles(`${folder}/data`, ledger);
    assert.deepEqual(differences, []);
    const { broken } = await checkInvariants(`${folder}/data`, ledger, { isDrained: true });
    assert.deepEqual(describeViolations(broken), []);
    const verified = await argus(["verify", "--data-path", "data", "--json"], { cwd: folder });
    assert.equal(verified.code, 0, verified.out);
    assert.ok(told.compared > 0.9 * Math.min(crowd.distinct, rows) && told.compared > 0.4 * size.rate * seconds);
    console.log(`${told.compared} events told are those of the ledger, ${rows} rows stored`);
  },
);
