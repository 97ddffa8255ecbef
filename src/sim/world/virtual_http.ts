import { HttpError } from "../../lib/errors.ts";
import { US_PER_MS } from "../../lib/time.ts";
import type { HttpClient, HttpRequest, HttpResponse, Timers } from "../../runtime/runtime.ts";
import type { VenueAnswer } from "../venue/venue_rest.ts";
import { Pipe } from "./pipe.ts";
import type { Line } from "./virtual_connection.ts";

/** One request on a connection of its own. */
export class VirtualExchange {
  readonly #line: Line;
  readonly #toServer: Pipe;
  readonly #toClient: Pipe;
  readonly #ended: () => void;
  #lost: (why: string) => void = () => {};

  constructor(line: Line, ended: () => void) {
    this.#line = line;
    this.#ended = ended;
    this.#toServer = new Pipe(line.loop, line.venueLife, line.delayUs);
    this.#toClient = new Pipe(line.loop, line.clientLife, line.delayUs);
  }

  /** One of `answered` and `lost` is called, unless nothing ever comes. */
  ask(serve: () => VenueAnswer, answered: (answer: VenueAnswer) => void, lost: (why: string) => void): void {
    this.#lost = lost;
    this.#toServer.send(() => this.#toClient.send(() => this.#toServer.send(() => this.#serve(serve(), answered))));
  }

  cut(): void {
    this.#toServer.close();
    this.#toClient.cut(this.#line.random);
    this.#toClient.send(() => this.#lost("connection reset"));
  }

  hold(isHeld: boolean): void {
    this.#toServer.hold(isHeld);
    this.#toClient.hold(isHeld);
  }

  close(): void {
    this.#toServer.close();
    this.#toClient.close();
    this.#ended();
  }

  #serve(answer: VenueAnswer, answered: (answer: VenueAnswer) => void): void {
    const { loop, venueLife } = this.#line;
    const send = () => this.#toClient.send(() => answer.isCut === true ? this.#lost("the body breaks off") : answered(answer));
    loop.at(loop.nowUs + Math.round((answer.delayMs ?? 0) * US_PER_MS), send, venueLife);
  }
}

/** Begins an exchange with a URL's host; undefined where nobody has that name. */
export type OpenExchange = (
  url: URL,
) => { readonly exchange: VirtualExchange; readonly serve: (request: HttpRequest) => VenueAnswer } | undefined;

const LOOKUP_MS = 20; // for the answer that there is no such name

/** HTTP with the deadline over the whole exchange, and the refusals, of the real client. */
export function virtualHttp(timers: Timers, open: OpenExchange): HttpClient {
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        const whenOver: (() => void)[] = [];
        const over = () => {
          for (const undo of whenOver.splice(0)) undo();
        };
        const fail = (cause: HttpError["cause_"], why: string) => {
          over();
          reject(new HttpError(cause, `${request.url}: ${why}`));
        };
        const abort = () => fail("aborted", "aborted");
        if (request.signal?.aborted === true) return abort();
        request.signal?.addEventListener("abort", abort);
        whenOver.push(
          timers.after(request.timeoutMs, () => fail("timeout", `no whole answer within ${request.timeoutMs} ms`)),
          () => request.signal?.removeEventListener("abort", abort),
        );
        if (!URL.canParse(request.url)) return fail("network", "no URL");
        const url = new URL(request.url);
        const opened = open(url);
        if (opened === undefined) return void whenOver.push(timers.after(LOOKUP_MS, () => fail("network", "no such host")));
        whenOver.push(() => opened.exchange.close());
        opened.exchange.ask(
          () => opened.serve(request),
          (answer) => {
            over();
            if (bytesOf(answer.body) > request.bodyBytesMax) fail("too_big", `body is larger than ${request.bodyBytesMax} bytes`);
            else resolve(responseOf(answer));
          },
          (why) => fail("network", why),
        );
      }),
  };
}

function responseOf({ status, headers, body }: VenueAnswer): HttpResponse {
  return { status, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])), body };
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
