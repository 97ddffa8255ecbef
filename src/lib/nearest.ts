const EDITS_MAX = 8; // past it nobody would take one word for the other, however long they are

/** The candidate a person most likely meant, or undefined when none is close: at most a third of the letters, and never fewer than two, differ. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  return nearestOf(text, candidates, 1)[0];
}

/** So many of the candidates at most that a person may have meant, the closest first. Some tens of nanoseconds for each that is far off. */
export function nearestOf(text: string, candidates: readonly string[], count: number): string[] {
  const wanted = text.toLowerCase();
  const editsMax = Math.min(EDITS_MAX, Math.max(2, Math.floor(text.length / 3)));
  const found: { readonly candidate: string; readonly edits: number }[] = [];
  for (const candidate of candidates) {
    const edits = editDistance(wanted, candidate.toLowerCase(), found.length < count ? editsMax : found.at(-1)!.edits - 1);
    if (edits === undefined) continue;
    const at = found.findIndex((other) => other.edits > edits);
    found.splice(at < 0 ? found.length : at, 0, { candidate, edits });
    if (found.length > count) found.pop();
  }
  return found.map(({ candidate }) => candidate);
}

/** Levenshtein: letters inserted, removed or replaced; undefined where it takes more than `max`. */
function editDistance(a: string, b: string, max: number): number | undefined {
  if (Math.abs(a.length - b.length) > max) return undefined;
  let from = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  let cut = 0;
  while (cut < a.length - from && cut < b.length - from && a[a.length - 1 - cut] === b[b.length - 1 - cut]) cut++;
  const columns = b.length - cut - from;
  let row = Array.from({ length: columns + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length - cut - from; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= columns; j++) {
      const edits = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[from + i - 1] === b[from + j - 1] ? 0 : 1));
      next.push(edits);
      least = Math.min(least, edits);
    }
    if (least > max) return undefined; // a later row has nothing less
    row = next;
  }
  return row[columns]! > max ? undefined : row[columns]!;
}
