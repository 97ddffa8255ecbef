/**
 * `*` stands for any characters, everything else for itself. Each piece between stars is looked for once, left to right: no RegExp,
 * no backtracking, so a hostile pattern costs no more than a plain search.
 */
export function matchGlob(pattern: string, text: string): boolean {
  return compileGlob(pattern)(text);
}

/** The same, for many texts. */
export function compileGlob(pattern: string): (text: string) => boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === pattern;
  const pieces = rest.filter((piece) => piece !== "");
  if (head === "" && tail === "" && pieces.length === 0) return () => true;
  return (text) => {
    if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
    const end = text.length - tail.length;
    let from = head.length;
    for (const piece of pieces) {
      const at = text.indexOf(piece, from);
      if (at < 0 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}
