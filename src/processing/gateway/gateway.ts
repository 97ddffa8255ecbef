/** path ▸ [gateway] ▸ programs and people.  In: requests. Out: what is published, what was stored, how the recorder fares. */
import { StorageError } from "../../lib/errors.ts";
import { nearest } from "../../lib/nearest.ts";
import { Deliveries } from "./deliveries.ts";
import { Doorkeeper, type DoorkeeperOptions } from "./doorkeeper.ts";
import { GapWatch } from "./gap_watch.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import type { Answer, Exchange } from "./http/exchange.ts";
import { HttpServer } from "./http/http_server.ts";
import { errorAnswer } from "./http/json_answer.ts";
import { Paths } from "./paths.ts";
import { AskError, restOf, type Route } from "./route.ts";
import { adminRoutes } from "./routes/admin.ts";
import { healthRoutes } from "./routes/health.ts";
import { historyRoutes } from "./routes/history.ts";
import { liveRoutes } from "./routes/live.ts";
import { openApiRoute } from "./routes/openapi.ts";
import { pageRoutes } from "./routes/page.ts";
import type { StreamContext, StreamSession } from "./stream_session.ts";

export interface GatewayOptions extends DoorkeeperOptions {
  /** So long a client of /v1/stream may take nothing before it loses events, and as long again before it is shown the door. */
  readonly clientPatienceMs?: number;
}

const CLIENT_PATIENCE_MS = 5_000;

/** HTTP and WebSocket on one port. Nothing it does can hold up the recorder: whatever is slow belongs to the client that is. */
export class Gateway implements AsyncDisposable {
  readonly #world: GatewayWorld;
  readonly #options: GatewayOptions;
  readonly #paths: Paths;
  readonly #sessions = new Set<StreamSession>();
  readonly #gaps: GapWatch;
  readonly #deliveries: Deliveries;
  readonly #server: HttpServer;
  readonly #routes: readonly Route[];
  #doorkeeper: Doorkeeper | undefined;

  constructor(world: GatewayWorld, options: GatewayOptions) {
    this.#world = world;
    this.#options = options;
    this.#paths = new Paths(world.runtime, world.agora);
    this.#gaps = new GapWatch(world.agora);
    this.#deliveries = new Deliveries(world.runtime);
    this.#server = new HttpServer(world.runtime, (exchange) => this.answer(exchange));
    const shown = { world, paths: this.#paths, sessions: this.#sessions, connections: () => this.#server.connections };
    const described = [
      ...liveRoutes(this.#streams(), this.#paths),
      ...historyRoutes(world, this.#paths),
      ...healthRoutes(shown),
      ...adminRoutes(world),
    ];
    this.#routes = [...described, ...pageRoutes(), openApiRoute(world.version, described)];
  }

  /** Resolves with the address, its port as it is. Rejects where it cannot be had. */
  async listen(): Promise<string> {
    const { host, port } = await this.#server.listen({ host: this.#options.host.replace(/^\[(.*)\]$/, "$1"), port: this.#options.port });
    this.#doorkeeper = new Doorkeeper(this.#world.runtime, { ...this.#options, port });
    return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  /** What any request gets. Never rejects. */
  async answer(exchange: Exchange): Promise<Answer> {
    const { request, path } = exchange;
    const method = request.method === "HEAD" ? "GET" : request.method;
    const named = this.#routes.map((route) => ({ route, rest: restOf(route, path) })).filter(({ rest }) => rest !== undefined);
    const found = named.find(({ route }) => route.method === method);
    const refusal = this.#doorkeeper?.refusal(exchange, found?.route.isOpen === true);
    let answer: Answer;
    if (refusal !== undefined) {
      this.#world.happenings.requestRefused(refusal.status);
      answer = refusal;
    } else if (found === undefined) answer = this.#unknown(method, path, named.map(({ route }) => route));
    else answer = await this.#run(found.route, { ...exchange, rest: found.rest! });
    this.#world.happenings.requestAnswered(found?.route.path ?? "none", statusOf(answer));
    if (!("upgrade" in answer)) harden("push" in answer ? answer.response.headers : answer.headers);
    return answer;
  }

  /** Clients of /v1/stream. */
  get clients(): number {
    return this.#sessions.size;
  }

  /** Those of them that are told what they asked for from now on. */
  get listeners(): number {
    return [...this.#sessions].filter(({ isListening }) => isListening).length;
  }

  /** Some client has not taken everything yet: for a source that can wait, such as a file. */
  get hasBacklog(): boolean {
    return [...this.#sessions].some(({ feed }) => !feed.isEmpty);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#paths[Symbol.dispose]();
    this.#gaps[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  async #run(route: Route, asked: Exchange & { readonly rest: string }): Promise<Answer> {
    try {
      return await (route.isOpen === true ? route.run(asked) : this.#inTurn(() => route.run(asked)));
    } catch (error) {
      if (error instanceof AskError) return error.answer();
      if (error instanceof StorageError) return errorAnswer(503, "storage", this.#withoutFolders(error.message), error.hint);
      this.#world.happenings.requestFailed(route.path, error instanceof Error ? error.stack ?? error.message : String(error));
      return errorAnswer(500, "unexpected", "The gateway failed; this is a bug.", "Its log says where.");
    }
  }

  /** A list of nine thousand paths takes a while: a thousand who ask for it at once wait for each other, and recording for one of them. */
  #inTurn(run: () => Promise<Answer> | Answer): Promise<Answer> {
    return new Promise((resolve, reject) =>
      this.#deliveries.late(() => {
        try {
          resolve(run());
        } catch (error) {
          reject(error);
        }
        return false;
      })
    );
  }

  /** Where the data lies on this machine is nothing a client needs. */
  #withoutFolders(message: string): string {
    const { dataPath } = this.#world.storage();
    return message.replaceAll(dataPath, dataPath.slice(dataPath.lastIndexOf("/") + 1));
  }

  #unknown(method: string, path: string, named: readonly Route[]): Response {
    if (named.length > 0) {
      const allow = named.map((route) => route.method).join(", ");
      return errorAnswer(405, "wrong_method", `${method} is not taken here.`, `Use ${allow}.`, { allow });
    }
    const routes = this.#routes.map((route) => route.path);
    const close = nearest(path, routes);
    return errorAnswer(
      404,
      "unknown_route",
      "There is nothing here.",
      close === undefined ? "See /v1/openapi.json." : `Did you mean ${close}?`,
    );
  }

  #streams(): StreamContext {
    const { runtime, agora, happenings } = this.#world;
    return {
      runtime,
      agora,
      paths: this.#paths,
      texts: new WeakMap(),
      gaps: this.#gaps,
      deliveries: this.#deliveries,
      patienceMs: this.#options.clientPatienceMs ?? CLIENT_PATIENCE_MS,
      lost: (events) => happenings.clientLagged(events),
      opened: (session) => this.#sessions.add(session),
      ended: (session) => this.#sessions.delete(session),
    };
  }
}

function statusOf(answer: Answer): number {
  return "upgrade" in answer ? 101 : "push" in answer ? answer.response.status : answer.status;
}

/** What a browser must not do with an answer of ours, whatever it holds. */
function harden(headers: Headers): void {
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-resource-policy", "same-origin");
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
}
