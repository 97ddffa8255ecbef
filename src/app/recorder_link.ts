import { ConfigError, HttpError } from "../lib/errors.ts";
import { liveAddress } from "../processing/storage/lock.ts";
import type { HttpResponse, Runtime, Socket } from "../runtime/runtime.ts";
import type { Config } from "./config.ts";
import { listenParts } from "./config_schema.ts";

const ANSWER_MS = 10_000;
const ANSWER_BYTES_MAX = 256 * 1024 * 1024; // what a recorder may hold of one stream in memory, as text
const WEBSOCKET = { connectTimeoutMs: 5_000, pingEveryMs: 20_000, silentAfterMs: 45_000, frameBytesMax: 64 * 1024 * 1024 };

/** A recorder that does not answer, or will not. */
export class LinkError extends Error {
  override readonly name = "LinkError";
}

/** A running recorder, as other commands of the same machine speak with it. */
export class RecorderLink {
  readonly url: string;
  readonly #runtime: Pick<Runtime, "http" | "sockets">;
  readonly #token: string;

  constructor(runtime: Pick<Runtime, "http" | "sockets">, url: string, token: string) {
    this.#runtime = runtime;
    this.url = url;
    this.#token = token;
  }

  /** Rejects with LinkError where nobody answers, or the answer is an error. */
  async text(path: string, signal?: AbortSignal): Promise<string> {
    const answer = await this.#request(path, signal);
    if (answer.status === 200) return answer.body;
    if (answer.status === 401) {
      throw new LinkError(
        `The recorder at ${this.url} asks for its token. Set ARGUS_GATEWAY__TOKEN, or gateway.token in the configuration.`,
      );
    }
    throw new LinkError(errorText(answer));
  }

  async json<T>(path: string, signal?: AbortSignal): Promise<T> {
    return JSON.parse(await this.text(path, signal)) as T;
  }

  /** Messages of some paths until the signal aborts. Rejects with LinkError when the connection ends by itself. */
  async follow(patterns: readonly string[], heard: (message: string) => void, signal: AbortSignal): Promise<void> {
    const query = patterns.map((pattern) => `path=${encodeURIComponent(pattern)}`).join("&");
    await new Promise<void>((resolve, reject) => {
      const protocols = this.#token === "" ? [] : ["argus.v1", `argus.token.${base64Url(this.#token)}`];
      const socket: Socket = this.#runtime.sockets.connect(`${this.url.replace(/^http/, "ws")}/v1/stream?${query}`, {
        ...WEBSOCKET,
        protocols,
      }, {
        opened() {},
        frame: heard,
        closed: ({ detail, status }) => {
          if (signal.aborted) resolve();
          else reject(new LinkError(`${this.url}: ${status === undefined ? detail : `refused with ${status}`}`));
        },
      });
      signal.addEventListener("abort", () => socket.terminate(), { once: true });
    });
  }

  async #request(path: string, signal?: AbortSignal): Promise<HttpResponse> {
    try {
      return await this.#runtime.http.request({
        url: `${this.url}${path}`,
        timeoutMs: ANSWER_MS,
        bodyBytesMax: ANSWER_BYTES_MAX,
        ...(this.#token === "" ? {} : { headers: { authorization: `Bearer ${this.#token}` } }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (!(cause instanceof HttpError)) throw cause;
      throw new LinkError(`No recorder answers at ${this.url}. Is one running, with its gateway on? --url names another.`, { cause });
    }
  }
}

/** The recorder of a configuration: where its data path says it is live, else where it would listen. `url` overrides both. */
export function recorderLink(runtime: Runtime, config: Config, url: string | undefined): RecorderLink {
  if (url !== undefined && !(URL.canParse(url) && /^https?:\/\//.test(url))) {
    throw new ConfigError("--url", `--url: found ${JSON.stringify(url)}, expected an address such as http://127.0.0.1:8321.`);
  }
  const address = url ?? liveAddress(runtime, config.dataPath) ?? configuredUrl(config);
  return new RecorderLink(runtime, address.replace(/\/$/, ""), config.gateway.token);
}

/** The recorder that writes this data path now; undefined where none does, or its gateway is off. */
export async function liveRecorder(runtime: Runtime, config: Config): Promise<RecorderLink | undefined> {
  const url = liveAddress(runtime, config.dataPath);
  if (url === undefined) return undefined;
  const link = new RecorderLink(runtime, url, config.gateway.token);
  try {
    await link.text("/healthz");
    return link;
  } catch (error) {
    if (error instanceof LinkError) return undefined;
    throw error;
  }
}

function configuredUrl({ gateway }: Config): string {
  const address = listenParts(gateway.listen);
  if (address === undefined || address.port === 0) {
    throw new ConfigError(
      "--url",
      "Where is the recorder? gateway.listen names no port, and the data path knows of none. Say --url http://…",
    );
  }
  return `http://${["0.0.0.0", "[::]"].includes(address.host) ? "127.0.0.1" : address.host}:${address.port}`;
}

function errorText({ status, body }: HttpResponse): string {
  try {
    const { error } = JSON.parse(body) as { error: { message: string; hint: string } };
    return `${error.message} ${error.hint}`.trim();
  } catch {
    return `The recorder answered ${status}.`;
  }
}

function base64Url(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
