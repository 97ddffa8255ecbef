/**
 * Everything a venue sent, and to whom: lines that are only ever added. An oracle compares them with what was stored.
 * The file is NDJSON of exactly these objects.
 */
export type LedgerLine = RunLine | EventLine | SentLine | AckLine | StepLine | MarketLine;

/** The first line: what repeats the run. */
export interface RunLine {
  readonly run: Readonly<Record<string, unknown>>;
  readonly at: number;
}

/** An event, written with its first transmission: what never went out is not in the ledger. */
export interface EventLine {
  readonly n: number;
  /** `binance/trade/BTCUSDT`. */
  readonly stream: string;
  readonly symbol: string;
  readonly id: string;
  readonly seq: readonly [first: number, last: number];
  /** Columns of the data type, by name. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** `event_time` in µs; null where the venue tells none. */
  readonly t: number | null;
}

/** A whole frame with event `n` was handed to the transport of a connection. */
export interface SentLine {
  readonly tx: number;
  readonly n: number;
  readonly conn: number;
  readonly state: "written";
}

/** The client answered a ping that followed transmission `acked`: it has everything up to it. */
export interface AckLine {
  readonly conn: number;
  readonly acked: number;
}

export interface StepLine {
  readonly conn: number;
  readonly step: "opened" | "subscribed" | "unsubscribed" | "closed";
  readonly at: number;
  readonly streams?: readonly string[];
  /** How it ended: by a handshake everything before it arrived; by a cut what was under way may be lost. */
  readonly how?: "handshake" | "cut";
  readonly by?: "venue" | "client";
  readonly detail?: string;
}

export interface MarketLine {
  readonly market: "listed" | "delisted" | "halted" | "quiesced" | "stopped" | "refused" | "fault";
  readonly at: number;
  readonly detail?: string;
}

export interface Ledger {
  write(line: LedgerLine): void;
  /** What was written so far can be read by others. */
  flush(): void;
  close(): void;
}
