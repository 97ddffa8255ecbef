import { eventTypeOf } from "../../../events/registry.ts";
import { partsOf } from "../../../lib/stream_path.ts";
import type { GatewayWorld } from "../gateway_world.ts";
import { jsonAnswer } from "../http/json_answer.ts";
import { canonicalPath } from "../paths.ts";
import { type Asked, AskError, type Route } from "../route.ts";

/** FlushHandler's verbs. Nothing changes by GET, and nothing a form on somebody's page can send. */
export function adminRoutes({ admin, storage }: Pick<GatewayWorld, "admin" | "storage">): Route[] {
  const answers = { 200: "done", 400: "the body is not what it should be", 415: "the body is no JSON", 503: "the disk refuses" };
  return [
    {
      method: "POST",
      path: "/v1/admin/flush",
      summary: "Merge everything received so far into day files, now",
      answers,
      async run(asked) {
        await bodyOf(asked);
        await admin.flush();
        return jsonAnswer({ done: true, rows_merged: storage().rowsMerged });
      },
    },
    {
      method: "POST",
      path: "/v1/admin/bump",
      summary: 'Accept rows of one more generation on a path: {"path":"binance/bbo/BTCUSDT","hash":"…"}',
      answers,
      async run(asked) {
        const { path, hash } = await bodyOf(asked);
        const known = typeof path === "string" ? canonicalPath(path) : undefined;
        if (known === undefined || eventTypeOf(partsOf(known).type) === undefined) {
          throw new AskError(400, "bad_path", "The body names no path.", '{"path":"binance/bbo/BTCUSDT","hash":"…"}');
        }
        admin.bump(known, hashOf(hash));
        return jsonAnswer({ done: true });
      },
    },
    {
      method: "POST",
      path: "/v1/admin/bump_all",
      summary: 'Accept rows of one more generation on every path: {"hash":"…"}',
      answers,
      async run(asked) {
        const { hash } = await bodyOf(asked);
        admin.bumpAll(hashOf(hash));
        return jsonAnswer({ done: true });
      },
    },
  ];
}

async function bodyOf({ request }: Asked): Promise<Readonly<Record<string, unknown>>> {
  const [type] = (request.headers.get("content-type") ?? "").split(";");
  if (type!.trim().toLowerCase() !== "application/json") {
    throw new AskError(
      415,
      "no_json",
      "The body must be JSON.",
      "Send the header content-type: application/json, and {} where there is nothing to say.",
    );
  }
  const text = await request.text();
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, like JSON that is no object.
  }
  throw new AskError(400, "bad_json", "The body is no JSON object.");
}

/** A generation names a folder. */
function hashOf(hash: unknown): string {
  if (typeof hash === "string" && /^[\w-]{1,64}$/.test(hash)) return hash;
  throw new AskError(400, "bad_hash", "The body names no generation.", "hash: 1 to 64 letters, digits, - or _.");
}
