import { after } from "node:test";
import { Agora } from "../../../src/agora/agora.ts";
import type { Publisher } from "../../../src/agora/publisher.ts";
import { bbo, type BboEvent } from "../../../src/events/bbo.ts";
import { depth, type DepthEvent } from "../../../src/events/depth.ts";
import type { GapEvent } from "../../../src/events/gap.ts";
import { trade, type TradeEvent } from "../../../src/events/trade.ts";
import { Gateway, type GatewayOptions } from "../../../src/processing/gateway/gateway.ts";
import { History } from "../../../src/processing/pts/history.ts";
import type { SourceState } from "../../../src/processing/gateway/gateway_world.ts";
import { StorageError } from "../../../src/lib/errors.ts";
import { loadRuntime } from "../../../src/runtime/load.ts";
import { GatewayHappenings } from "../../../src/telemetry/gateway_happenings.ts";
import { Happenings } from "../../../src/telemetry/happenings.ts";
import { formatLine, Telemetry } from "../../../src/telemetry/telemetry.ts";

export const runtime = await loadRuntime(new URL("../../../src/main.ts", import.meta.url).href); // its threads live beside it

/** A gateway on loopback over an agora that the test publishes into. */
export class GatewayScene {
  readonly agora = new Agora(runtime.timers);
  readonly log: string[] = [];
  readonly telemetry = new Telemetry(runtime.clock, (line) => this.log.push(formatLine(line)));
  readonly asked: string[] = [];
  sources: SourceState[] = [];
  refusesFlush = false;
  readonly gateway: Gateway;
  url = "";

  constructor(options: Partial<GatewayOptions> = {}, dataPath = "/nowhere") {
    this.gateway = new Gateway({
      runtime,
      agora: this.agora,
      telemetry: this.telemetry,
      happenings: new GatewayHappenings(this.telemetry),
      version: "test",
      history: new History(runtime, new Happenings(this.telemetry), { dataPath, memory: () => Promise.resolve({}) }),
      sources: () => this.sources,
      storage: () => ({ dataPath: "/secret/data", rowsBuffered: { bbo: 3 }, rowsMerged: 7, bytesUnsaved: 11, diskFreeBytes: undefined }),
      admin: {
        flush: () => {
          if (this.refusesFlush) {
            return Promise.reject(new StorageError({ op: "write", path: "/secret/data/binance/x.pq", code: "ENOSPC" }));
          }
          return Promise.resolve(void this.asked.push("flush"));
        },
        bump: (path, hash) => void this.asked.push(`bump ${path} ${hash}`),
        bumpAll: (hash) => void this.asked.push(`bump_all ${hash}`),
      },
    }, { host: "127.0.0.1", port: 0, token: "", names: [], ...options });
  }

  static async open(options: Partial<GatewayOptions> = {}, dataPath = "/nowhere"): Promise<GatewayScene> {
    const scene = new GatewayScene(options, dataPath);
    scene.url = await scene.gateway.listen();
    after(() => scene.gateway[Symbol.asyncDispose]());
    return scene;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  quotes(symbol: string): Publisher<BboEvent> {
    return this.agora.open(`binance/bbo/${symbol}`, bbo);
  }

  trades(symbol: string): Publisher<TradeEvent> {
    return this.agora.open(`binance/trade/${symbol}`, trade);
  }

  books(symbol: string): Publisher<DepthEvent> {
    return this.agora.open(`binance/depth/${symbol}`, depth);
  }
}

const BASE = { eventTime: undefined, source: "binance", origin: "live" } as const;
const TIME = 1_795_000_000_000_000;

export function quote(symbol: string, n: number): BboEvent {
  return { ...BASE, symbol, recvTime: TIME + n, updateId: n, bidPrice: n, bidSize: 1, askPrice: n + 0.5, askSize: undefined };
}

export function gapOf(symbol: string, dataType: string, afterId: number): GapEvent {
  const hole = {
    afterId,
    beforeId: afterId + 2,
    missing: 1,
    fromTime: TIME,
    toTime: TIME + 1,
    reason: "sequence",
    outcome: "open",
  } as const;
  return { ...BASE, ...hole, symbol, recvTime: TIME + 1, dataType, healedRows: 0 };
}

export function tradeOf(symbol: string, n: number): TradeEvent {
  return { ...BASE, symbol, recvTime: TIME + n, eventTime: TIME, tradeId: n, tradeKey: undefined, price: n, size: 2, side: "buy" };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- what a test reads out of it
  readonly json: any;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
}
