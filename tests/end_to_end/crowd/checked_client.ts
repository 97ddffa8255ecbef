import type { Known, Told } from "./told.ts";

const HEAD = /^\{"path":"([^"]+)","(seq|lagged|gap)":(\d+)?/;

/** What all clients of the crowd found out together. */
export interface Findings {
  readonly told: Told;
  readonly problems: string[];
  messages: number;
  joins: number;
  lagged: number;
  gaps: number;
  errors: number;
}

/** Nobody publishes it. */
export const NOBODYS = "binance/trade/NOBODYS";

/** One client, and what it may be told of each path: the newest event when it joined, then every one after it, or how many are missing. */
export class CheckedClient {
  readonly name: string;
  readonly #findings: Findings;
  /** Number of the newest event it was told, by path. */
  readonly #held = new Map<string, number>();
  /** With what anybody knew when it asked for them. */
  readonly #patterns = new Map<string, Known>();
  #heardMs = 0;
  /** Paths it was just told to have lost events of: what comes next may be a current value. */
  readonly #rejoining = new Set<string>();
  /** It asked to leave that one, and may be told of its paths until the gateway has heard it. */
  #leaving: string | undefined;

  constructor(name: string, findings: Findings) {
    this.name = name;
    this.#findings = findings;
  }

  /** To be called before the request goes out. */
  asks(patterns: readonly string[]): void {
    const known = this.#findings.told.newest();
    for (const pattern of patterns) this.#patterns.set(pattern, known);
  }

  /** To be called before the requests go out: to leave it, and for a path nobody publishes, whose answer shows that the first was heard. */
  leaves(pattern: string): void {
    this.#patterns.delete(pattern);
    this.#leaving = pattern;
  }

  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  get patterns(): readonly string[] {
    return [...this.#patterns.keys()];
  }

  hear(text: string): void {
    this.#heardMs = performance.now();
    const [, path, what, number] = HEAD.exec(text) ?? [];
    if (path === undefined) {
      if (this.#leaving === undefined || !text.includes(NOBODYS)) this.#findings.errors++;
      else this.#hasLeft();
      return;
    }
    if (!this.#asksFor(path) && (this.#leaving === undefined || !matches(this.#leaving, path))) {
      return this.#problem(path, "was not asked for");
    }
    const count = Number(number);
    if (what === "gap") this.#findings.gaps++;
    else if (what === "lagged") this.#lagged(path, count);
    else this.#event(path, count, text);
  }

  /** Nothing has been told it since. */
  isMuteSince(atMs: number): boolean {
    return this.#heardMs < atMs;
  }

  /** Of what it had asked for by then, it must have been told what was known then. */
  mustKnow({ atMs, newest }: Known, when: string): void {
    const asked = [...this.#patterns].filter(([, known]) => known.atMs <= atMs);
    for (const [path, seq] of newest) {
      if (!asked.some(([pattern]) => matches(pattern, path))) continue;
      const held = this.#held.get(path);
      if (held === undefined) this.#problem(path, `had events (${seq}) ${when}, and it was never told one`);
      else if (held < seq) this.#problem(path, `was at ${seq} ${when}, it was told up to ${held}`);
    }
  }

  #event(path: string, seq: number, text: string): void {
    const findings = this.#findings;
    const held = this.#held.get(path);
    this.#held.set(path, seq);
    if (held === undefined) {
      findings.joins++;
      const floor = this.#floorOf(path);
      if (seq < floor) this.#problem(path, `began with ${seq} although ${floor} was known before it asked`);
    } else if (seq !== held + 1) this.#problem(path, `${held}, then ${seq}`);
    findings.messages++;
    // The current value comes under the number its path has come to, which an older event that was fetched later may have taken.
    if (held === undefined || this.#rejoining.delete(path)) findings.told.noteCurrent(text);
    else if (!findings.told.note(path, seq, text)) this.#problem(path, `${seq} is not what somebody else was told`);
  }

  #lagged(path: string, count: number): void {
    const held = this.#held.get(path) ?? 0; // a path that had no event when it joined begins with the first
    if (!(count >= 1)) return this.#problem(path, `lagged ${count}`);
    this.#held.set(path, held + count);
    this.#rejoining.add(path);
    this.#findings.lagged += count;
  }

  #hasLeft(): void {
    this.#leaving = undefined;
    for (const path of this.#held.keys()) if (!this.#asksFor(path)) this.#held.delete(path);
  }

  /** Of the pattern that was asked for first; one that leads there and is being left may have been the first. */
  #floorOf(path: string): number {
    for (const [pattern, { newest }] of this.#patterns) if (matches(pattern, path)) return newest.get(path) ?? 0;
    return 0;
  }

  #asksFor(path: string): boolean {
    return this.patterns.some((pattern) => matches(pattern, path));
  }

  #problem(path: string, what: string): void {
    this.#findings.problems.push(`${this.name} (${this.patterns.join(" ")}), ${path}: ${what}`);
  }
}

/** As docs/GATEWAY.md says it, by other means than the gateway's. */
export function matches(pattern: string, path: string): boolean {
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    const text = pattern.replace(/[.%]/g, "\\$&").replace(/\*\*$/, "\u0000").replaceAll("*", "[^/]*").replace("\u0000", ".*");
    expressions.set(pattern, expression = new RegExp(`^${text}$`));
  }
  return expression.test(path);
}

const expressions = new Map<string, RegExp>();
