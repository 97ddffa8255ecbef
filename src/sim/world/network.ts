import type { RestRequest } from "../../exchanges/dialect.ts";
import { US_PER_MS } from "../../lib/time.ts";
import type { OpenWire, Wire, WireEvents } from "../../runtime/live_sockets.ts";
import type { HttpRequest, SocketClosed } from "../../runtime/runtime.ts";
import type { VenueAnswer } from "../venue/venue_rest.ts";
import type { EventLoop } from "./event_loop.ts";
import { Lifetime } from "./lifetime.ts";
import { SeededRandom } from "./seeded_random.ts";
import { type Line, type Refusal, type Upgrades, VirtualConnection } from "./virtual_connection.ts";
import { type OpenExchange, VirtualExchange } from "./virtual_http.ts";

/** What answers under a host name: a Venue, or a script of a test. */
export interface Site extends Upgrades {
  request(request: RestRequest, address: string): VenueAnswer;
}

/** Of every direction of every connection. A test may change them at any time. */
export interface Conditions {
  /** One way. A connection has half of it to one and a half times of it for its whole life. */
  latencyMs: number;
  /** Up to this much more for each write. */
  jitterMs: number;
  /** One write in so many is lost and sent again, which holds up what follows; 0 = none. */
  stallOneIn: number;
  stallMs: number;
}

const CONDITIONS: Conditions = { latencyMs: 40, jitterMs: 15, stallOneIn: 2_000, stallMs: 300 }; // another continent, on a good day

/** What a program that is over gets when it still asks. */
const NOTHING: Wire = { isOpen: () => false, send() {}, ping() {}, terminate() {} };

interface Place {
  readonly site: Site;
  readonly connections: Set<VirtualConnection>;
  readonly exchanges: Set<VirtualExchange>;
  isAway: boolean;
  refusal: Refusal | undefined;
}

/** Host names, who answers under them, and everything that can go wrong on the way there. */
export class Network {
  readonly conditions: Conditions = { ...CONDITIONS };
  readonly #loop: EventLoop;
  readonly #seed: number;
  readonly #places = new Map<string, Place>();
  /** The lines themselves; what a venue does in answer runs here. */
  readonly #life: Lifetime;
  #lines = 0;

  constructor(loop: EventLoop, seed: number) {
    this.#loop = loop;
    this.#seed = seed;
    this.#life = new Lifetime((error) => loop.crash(error));
  }

  /** From now on `ws://{host}` and `http://{host}` are answered by that site, over TLS alike. */
  serve(host: string, site: Site): void {
    this.#places.set(host, { site, connections: new Set(), exchanges: new Set(), isAway: false, refusal: undefined });
  }

  /** Open connections to a host, in the order they were begun. */
  connections(host: string): readonly VirtualConnection[] {
    return [...this.#place(host).connections].filter((connection) => connection.isOpen);
  }

  /** Cuts the n-th open connection, counted from 0; false where there is none. */
  cut(host: string, n: number): boolean {
    const connection = this.connections(host)[n];
    connection?.cut();
    return connection !== undefined;
  }

  /** Cuts whatever is under way between anyone and the host. */
  cutAll(host: string): void {
    const { connections, exchanges } = this.#place(host);
    for (const each of [...connections, ...exchanges]) each.cut();
  }

  /** Nothing flows between the host and anyone, and nobody is told, until it is back. */
  partition(host: string, isAway: boolean): void {
    const place = this.#place(host);
    place.isAway = isAway;
    for (const each of [...place.connections, ...place.exchanges]) each.hold(isAway);
  }

  /** Upgrades are answered with this instead, until it is undefined. */
  refuse(host: string, refusal: Refusal | undefined): void {
    this.#place(host).refusal = refusal;
  }

  /** The sockets of a program at that address, below the runtime's liveness. */
  openWire(life: Lifetime, address: string): OpenWire {
    return (url, _options, events) => {
      const target = new URL(url);
      if (life.isOver) return NOTHING;
      const place = this.#places.get(target.hostname);
      return place === undefined ? this.#nobody(life, events) : this.#connect(place, life, address, target, events);
    };
  }

  /** The requests of a program at that address. */
  openExchange(life: Lifetime, address: string): OpenExchange {
    return (url) => {
      const place = this.#places.get(url.hostname);
      if (place === undefined || life.isOver) return undefined;
      const exchange = new VirtualExchange(this.#line(life, url), () => {
        place.exchanges.delete(exchange);
        forget();
      });
      const forget = life.onEnd(() => exchange.close());
      place.exchanges.add(exchange);
      exchange.hold(place.isAway);
      return { exchange, serve: (request) => place.site.request(restRequestOf(request, url), address) };
    };
  }

  #connect(place: Place, life: Lifetime, address: string, url: URL, events: WireEvents): Wire {
    const upgrade = () => place.refusal ?? place.site.connect(connection, url.pathname + url.search, address);
    const connection = new VirtualConnection(this.#line(life, url), upgrade, events, () => {
      place.connections.delete(connection);
      forget();
    });
    const forget = life.onEnd((end) => end === "power" ? connection.vanish() : connection.wire.terminate());
    place.connections.add(connection);
    connection.hold(place.isAway);
    return connection.wire;
  }

  #nobody(life: Lifetime, events: WireEvents): Wire {
    const closing: SocketClosed = { cause: "refused", detail: "no such host" };
    const cancel = this.#loop.at(this.#loop.nowUs + this.conditions.latencyMs * US_PER_MS, () => events.ended(closing), life);
    return { ...NOTHING, terminate: cancel };
  }

  #line(clientLife: Lifetime, url: URL): Line {
    const random = new SeededRandom(this.#seed, "line", url.hostname, String(++this.#lines));
    const distance = 0.5 + random.float();
    const delayUs = () => {
      const { latencyMs, jitterMs, stallOneIn, stallMs } = this.conditions;
      const isStalled = stallOneIn > 0 && random.below(stallOneIn) === 0;
      return Math.round((latencyMs * distance + jitterMs * random.float() + (isStalled ? stallMs : 0)) * US_PER_MS);
    };
    return { loop: this.#loop, random, delayUs, clientLife, venueLife: this.#life };
  }

  #place(host: string): Place {
    const place = this.#places.get(host);
    if (place === undefined) throw new RangeError(`nobody serves ${host}`);
    return place;
  }
}

function restRequestOf({ method = "GET", headers = {} }: HttpRequest, url: URL): RestRequest {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method, target: url.pathname + url.search, headers: lower };
}
