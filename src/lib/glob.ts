/**
 * `*` stands for any characters, everything else for itself. Each piece between stars is looked for once, left to right: no RegExp,
 * no backtracking, so a hostile pattern costs no more than a plain search.
 */
export function matchGlob(pattern: string, text: string): boolean {
  const pieces = pattern.split("*");
  if (pieces.length === 1) return pattern === text;
  const head = pieces[0]!;
  const tail = pieces.at(-1)!;
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  const end = text.length - tail.length;
  let from = head.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}
