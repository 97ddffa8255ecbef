import { StorageError } from "../../lib/errors.ts";
import { checkJournal, type JournalFacts } from "../../processing/journal/check.ts";
import { journalFolder } from "../../processing/journal/segment.ts";
import { bad, type Check, good } from "./check.ts";

/** What the journal of the data path holds, and whether a start can read all of it. */
export const journal: Check = ({ runtime, config, holder }) => {
  const none = () => good("journal", holder === undefined ? "none: everything is in day files" : "none yet");
  if (!runtime.disk.exists(journalFolder(config.dataPath))) return none();
  try {
    const facts = checkJournal(runtime, config.dataPath);
    const { segments } = facts;
    if (segments.length === 0) return none();
    const isDamaged = segments.some(({ damages }) => damages.some(({ isTorn }) => !isTorn));
    if (!isDamaged) {
      return good("journal", `${held(facts)}; ${holder === undefined ? "the next start recovers them" : "the recorder's own"}`);
    }
    return bad(
      "journal",
      `${held(facts)}; parts of it cannot be read`,
      "The disk gave back other bytes than were written: check it. The next start recovers the rest and tells the hole as a gap row; " +
        "`argus journal check` says where it is.",
    );
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return bad("journal", error.message, "A recorder of this user could not recover it either: see to the permissions, then the disk.");
  }
};

function held({ segments }: JournalFacts): string {
  const sum = (key: "rows" | "bytes") => segments.reduce((total, each) => total + each[key], 0);
  return `${sum("rows").toLocaleString("en-US")} rows in ${segments.length} ${segments.length === 1 ? "segment" : "segments"}, ${
    (sum("bytes") / 1e6).toFixed(1)
  } MB`;
}
