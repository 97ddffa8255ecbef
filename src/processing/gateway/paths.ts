/** path ▸ [table].  What there is to ask for: every persistent path, its pace and its newest event. */
import type { Agora } from "../../agora/agora.ts";
import { TEMPORARY } from "../../agora/pattern.ts";
import type { PathNode } from "../../agora/path_node.ts";
import { nearestOf } from "../../lib/nearest.ts";
import { partsOf } from "../../lib/stream_path.ts";
import { decodeSymbol, encodeSymbol, SYMBOL_BYTES_MAX } from "../../lib/symbol_name.ts";
import { US_PER_MS } from "../../lib/time.ts";
import type { Cancel, Runtime } from "../../runtime/runtime.ts";

export interface PathState {
  readonly path: string;
  readonly node: PathNode;
  /** Events a second, over about ten seconds. */
  readonly rate: number;
  /** Newest event's receive time less its event time; undefined where the venue gives none. */
  readonly lagMs: number | undefined;
}

export interface Total {
  readonly source: string;
  readonly type: string;
  /** Since the start; those of delisted paths count too. */
  events: number;
  /** Open ones, as for what follows. */
  paths: number;
  rate: number;
  lagMsMax: number | undefined;
}

interface Row {
  node: PathNode;
  /** Events of the path's former lives. */
  before: number;
  seqSeen: number;
  /** A decaying sum of what each second brought, and of the weights it was taken with: young paths have a true mean too. */
  sum: number;
  weight: number;
}

const LOOK_MS = 1_000;
const SMOOTHING = 1 - Math.exp(-1 / 10); // a second's weight in a mean over ten
const NEAREST_AMONG_MAX = 20_000;
const NEAREST_MAX = 5;
const SEARCHES_PER_S = 20; // a millisecond or two each over all paths of a venue

export class Paths implements Disposable {
  readonly #clock: Runtime["clock"];
  readonly #rows = new Map<string, Row>();
  readonly #cancel: Cancel;
  readonly #end: () => void;
  #lookedMs: number;
  #searches = 0;
  #searchedMs = 0;

  constructor({ clock, timers }: Pick<Runtime, "clock" | "timers">, agora: Agora) {
    this.#clock = clock;
    this.#lookedMs = clock.monotonicMs();
    this.#end = agora.follow("**", (node) => this.#opened(node));
    this.#cancel = timers.every(LOOK_MS, () => this.#look());
  }

  get(path: string): PathNode | undefined {
    const node = this.#rows.get(path)?.node;
    return node?.isClosed === false ? node : undefined;
  }

  /** Sorted by name. */
  all(prefix = ""): PathState[] {
    const open = [...this.#rows].filter(([path, { node }]) => !node.isClosed && path.startsWith(prefix));
    return open.sort(([a], [b]) => a < b ? -1 : 1).map(([path, row]) => ({
      path,
      node: row.node,
      rate: rateOf(row),
      lagMs: lagOf(row.node),
    }));
  }

  /** By source and type. */
  totals(): Iterable<Readonly<Total>> {
    const totals = new Map<string, Total>();
    for (const [path, row] of this.#rows) {
      const { node, before } = row;
      const key = path.slice(0, path.lastIndexOf("/"));
      let total = totals.get(key);
      if (total === undefined) {
        const { source, type } = partsOf(path);
        totals.set(key, total = { source, type, events: 0, paths: 0, rate: 0, lagMsMax: undefined });
      }
      total.events += before + node.seq;
      if (node.isClosed) continue;
      total.paths++;
      total.rate += rateOf(row);
      const lagMs = lagOf(node);
      if (lagMs !== undefined) total.lagMsMax = Math.max(total.lagMsMax ?? -Infinity, lagMs);
    }
    return totals.values();
  }

  /** Up to five paths that somebody may have meant; none where so many ask that looking would take the recorder's time. */
  near(path: string): string[] {
    const nowMs = this.#clock.monotonicMs();
    this.#searches = Math.max(0, this.#searches - (nowMs - this.#searchedMs) * SEARCHES_PER_S / 1_000) + 1;
    this.#searchedMs = nowMs;
    if (this.#searches > SEARCHES_PER_S) return [];
    const open = [...this.#rows].filter(([, { node }]) => !node.isClosed).map(([name]) => name).slice(0, NEAREST_AMONG_MAX);
    const { source, type } = partsOf(path);
    const alike = open.filter((name) => name.startsWith(`${source}/${type}/`));
    for (const pool of [alike, open]) {
      const found = nearestOf(path, pool, NEAREST_MAX);
      if (found.length > 0) return found;
    }
    return (alike.length > 0 ? alike : open).slice(0, NEAREST_MAX);
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#end();
  }

  #opened(node: PathNode): void {
    if (node.path.startsWith(TEMPORARY)) return;
    const row = this.#rows.get(node.path);
    if (row === undefined) this.#rows.set(node.path, { node, before: 0, seqSeen: 0, sum: 0, weight: 0 });
    else Object.assign(row, { node, before: row.before + row.node.seq, seqSeen: 0 });
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    const seconds = (nowMs - this.#lookedMs) / 1_000;
    this.#lookedMs = nowMs;
    if (seconds <= 0) return;
    for (const row of this.#rows.values()) {
      const perSecond = (row.node.seq - row.seqSeen) / seconds;
      row.seqSeen = row.node.seq;
      row.sum += (perSecond - row.sum) * SMOOTHING;
      row.weight += (1 - row.weight) * SMOOTHING;
    }
  }
}

/**
 * `{source}/{data_type}/{symbol}` as it is spelt everywhere, from what somebody wrote: symbols in any letters, encoded once, twice or not at
 * all. Undefined for what can be no path; nothing it returns leads out of a folder.
 */
export function canonicalPath(raw: string): string | undefined {
  const [source, type, symbol, ...rest] = raw.split("/");
  if (source === undefined || type === undefined || symbol === undefined || rest.length > 0 || symbol === "") return undefined;
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(source) || !/^[a-z][a-z0-9_]{0,40}$/.test(type)) return undefined;
  if (symbol === "_all") return raw;
  const encoded = encodeSymbol(decodeSymbol(symbol));
  return encoded.length > SYMBOL_BYTES_MAX ? undefined : `${source}/${type}/${encoded}`;
}

function rateOf({ sum, weight }: Row): number {
  return weight === 0 ? 0 : sum / weight;
}

function lagOf({ last }: PathNode): number | undefined {
  return last?.eventTime === undefined ? undefined : (last.recvTime - last.eventTime) / US_PER_MS;
}
