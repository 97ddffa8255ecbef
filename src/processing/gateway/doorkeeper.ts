import type { Compression, Runtime } from "../../runtime/runtime.ts";
import type { Exchange } from "./http/exchange.ts";
import { errorAnswer } from "./http/json_answer.ts";

export interface DoorkeeperOptions {
  /** Where we listen, the port as it is. */
  readonly host: string;
  readonly port: number;
  /** "" = none is asked for. */
  readonly token: string;
  /** More names we answer to, as a proxy in front of us would send them: `argus.example.org` or `argus.example.org:8443`. */
  readonly names: readonly string[];
}

/** Subprotocol of our WebSocket; a browser, which cannot set a header there, sends its token as a second one. */
export const PROTOCOL = "argus.v1";
const TOKEN_PROTOCOL = "argus.token.";

const FAILURES_MAX = 10; // a minute and address
const FAILURE_MS = 60_000;
const ADDRESSES_MAX = 10_000; // remembered; an attacker with more of them is slowed by nothing anyway
const ANY = ["0.0.0.0", "[::]", "::"];
/** An address, spelt out: no name that an attacker's DNS could point here. */
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\])$/;

/**
 * Who may ask. The Host must be one of our names and the Origin absent or our own, by equality (a page elsewhere, or a name rebound to this
 * machine, gets nothing); the token is compared in constant time and taken from headers only.
 */
export class Doorkeeper {
  readonly #clock: Runtime["clock"];
  readonly #compression: Compression;
  readonly #options: DoorkeeperOptions;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #tokenDigest: string;
  readonly #failures = new Map<string, { count: number; untilMs: number }>();

  constructor({ clock, compression }: Pick<Runtime, "clock" | "compression">, options: DoorkeeperOptions) {
    const { host, port, token, names } = options;
    this.#clock = clock;
    this.#compression = compression;
    this.#options = options;
    this.#tokenDigest = this.#digest(token);
    const own = [host, "127.0.0.1", "localhost", "[::1]"].filter((name) => !ANY.includes(name)).map(bracketed);
    const hosts = own.flatMap((name) => port === 80 ? [`${name}:80`, name] : [`${name}:${port}`]);
    this.#hosts = new Set([...hosts, ...names].map((name) => name.toLowerCase()));
    this.#origins = new Set([
      ...hosts.map((name) => `http://${name}`),
      ...names.flatMap((name) => [`https://${name}`, `http://${name}`]),
    ].map((name) => name.toLowerCase()));
  }

  /** The refusal, or undefined where the request may come in. `isOpen`: says nothing worth a token. */
  refusal({ request, address }: Exchange, isOpen: boolean): Response | undefined {
    const host = request.headers.get("host") ?? "";
    if (!this.#isOurs(host)) {
      const hint = "Ask by the address it listens on; a name of a proxy in front of it goes into gateway.names.";
      return errorAnswer(403, "wrong_host", "This gateway does not answer to that Host.", hint);
    }
    const origin = request.headers.get("origin");
    if (origin !== null && !this.#isOwnOrigin(origin, host)) {
      return errorAnswer(403, "wrong_origin", "Pages of other origins may not ask this gateway.", "Ask from your own program or our page.");
    }
    if (isOpen || this.#options.token === "") return undefined;
    return this.#tokenRefusal(request, address);
  }

  #tokenRefusal(request: Request, address: string): Response | undefined {
    const nowMs = this.#clock.monotonicMs();
    const failures = this.#failures.get(address);
    if (failures !== undefined && failures.count >= FAILURES_MAX && nowMs < failures.untilMs) {
      const seconds = Math.ceil((failures.untilMs - nowMs) / 1_000);
      return errorAnswer(429, "too_many_failures", "Too many wrong tokens from this address.", `Try again in ${seconds} s.`, {
        "retry-after": String(seconds),
      });
    }
    const given = tokenOf(request);
    if (given !== undefined && isEqual(this.#digest(given), this.#tokenDigest)) return undefined;
    this.#noteFailure(address, nowMs);
    return errorAnswer(
      401,
      "unauthorized",
      given === undefined ? "The token is missing." : "The token is wrong.",
      "Send the header Authorization: Bearer TOKEN; a WebSocket may offer the subprotocols argus.v1 and argus.token.BASE64URL.",
      { "www-authenticate": "Bearer" },
    );
  }

  #noteFailure(address: string, nowMs: number): void {
    const failures = this.#failures.get(address);
    if (failures !== undefined && nowMs < failures.untilMs) return void failures.count++;
    if (this.#failures.size >= ADDRESSES_MAX) this.#failures.clear();
    this.#failures.set(address, { count: 1, untilMs: nowMs + FAILURE_MS });
  }

  #isOurs(host: string): boolean {
    const name = host.toLowerCase();
    if (this.#hosts.has(name)) return true;
    if (!ANY.includes(this.#options.host)) return false;
    const at = name.lastIndexOf(":");
    return ADDRESS.test(name.slice(0, at)) && name.slice(at + 1) === String(this.#options.port);
  }

  #isOwnOrigin(origin: string, host: string): boolean {
    const name = origin.toLowerCase();
    return this.#origins.has(name) || (ANY.includes(this.#options.host) && name === `http://${host.toLowerCase()}`);
  }

  #digest(token: string): string {
    return this.#compression.sha256(new TextEncoder().encode(token));
  }
}

/** From `Authorization`, or from a WebSocket's offered subprotocols. Never from the URL: those end up in logs. */
function tokenOf({ headers }: Request): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  const encoded = offered.find((each) => each.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  return encoded === undefined ? undefined : ofBase64Url(encoded);
}

function ofBase64Url(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

/** Looks at every digit, whatever the first ones say. */
function isEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < Math.min(a.length, b.length); i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
