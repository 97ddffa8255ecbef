import { type Verdict, verify } from "../processing/storage/verify.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { isAbout, type StoredSelection } from "./stored_selection.ts";

export interface VerifyRequest extends StoredSelection {
  readonly dataPath: string;
  readonly date?: string;
  readonly signal: AbortSignal;
}

/** All days of one type of a source, or of one day of it. */
export interface Total {
  readonly source: string;
  readonly type: string;
  readonly date: string;
  readonly symbols: number;
  readonly rows: number;
  readonly healed: number;
  readonly snapshots: number;
  readonly holes: number;
  readonly holesUntold: number;
  readonly idsMissing: number;
  readonly problems: number;
}

export interface VerifySummary {
  readonly files: number;
  readonly rows: number;
  readonly holesUntold: number;
  readonly problems: number;
  readonly totals: readonly Total[];
  /** Everything holds: what is there is right, what is missing is told. */
  readonly isGood: boolean;
}

/** Verifies a data path; each stream's day goes to `each` as it is known. */
export async function verifyData(runtime: Runtime, request: VerifyRequest, each: (verdict: Verdict) => void): Promise<VerifySummary> {
  const { dataPath, date, signal } = request;
  const isWanted = (source: string, type: string, symbol: string) => isAbout(request, source, type, symbol);
  const totals = new Map<string, Total>();
  let files = 0;
  for await (const verdict of verify(runtime, { dataPath, isWanted, signal, ...(date === undefined ? {} : { date }) })) {
    files++;
    each(verdict);
    const key = `${verdict.source}/${verdict.type}/${verdict.date}`;
    totals.set(key, added(totals.get(key), verdict));
  }
  const all = [...totals.values()].sort((a, b) => a.date < b.date ? -1 : a.date > b.date ? 1 : a.type < b.type ? -1 : 1);
  const sum = (field: "rows" | "holesUntold" | "problems") => all.reduce((total, one) => total + one[field], 0);
  const [holesUntold, problems] = [sum("holesUntold"), sum("problems")];
  return { files, rows: sum("rows"), holesUntold, problems, totals: all, isGood: holesUntold === 0 && problems === 0 };
}

function added(total: Total | undefined, verdict: Verdict): Total {
  const { source, type, date } = verdict;
  const of = (field: "symbols" | "rows" | "healed" | "snapshots" | "holes" | "holesUntold" | "idsMissing" | "problems") =>
    total?.[field] ?? 0;
  return {
    source,
    type,
    date,
    symbols: of("symbols") + 1,
    rows: of("rows") + verdict.rows,
    healed: of("healed") + verdict.healed,
    snapshots: of("snapshots") + verdict.snapshots,
    holes: of("holes") + verdict.holes,
    holesUntold: of("holesUntold") + verdict.holesUntold,
    idsMissing: of("idsMissing") + verdict.idsMissing,
    problems: of("problems") + verdict.problems.length,
  };
}
