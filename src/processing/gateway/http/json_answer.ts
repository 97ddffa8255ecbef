const ENCODER = new TextEncoder();

/** A whole answer whose length is known. */
export function textAnswer(status: number, type: string, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  const bytes = ENCODER.encode(text);
  const all = { "content-type": type, "content-length": String(bytes.length), "cache-control": "no-store", ...headers };
  return new Response(bytes, { status, headers: all });
}

export function jsonAnswer(value: unknown, status = 200): Response {
  return textAnswer(status, "application/json", `${JSON.stringify(value)}\n`);
}

/** The one shape of every error: what failed, why, and what to do. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  hint: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return textAnswer(status, "application/json", `${JSON.stringify({ error: { code, message, hint } })}\n`, headers);
}
