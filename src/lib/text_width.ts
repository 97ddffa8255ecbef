/** Letters of East Asia, and pictures, which a terminal shows two columns wide. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARKS = /\p{M}/u; // stand on the letter before

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += MARKS.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return width;
}

/** The beginning of a text that fits into so many columns, its end shown by `…` where something is left out. */
export function fitted(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let [kept, width] = ["", 1];
  for (const letter of text) {
    width += textWidth(letter);
    if (width > columns) break;
    kept += letter;
  }
  return `${kept}…`;
}
