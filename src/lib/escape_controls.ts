// deno-lint-ignore no-control-regex -- control characters are exactly what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** What a stranger wrote, safe for a log or a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
