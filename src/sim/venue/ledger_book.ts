import type { EventLine, Ledger, LedgerLine } from "./ledger.ts";

/** MUST: arrived, it has to be stored. MAY: was under way on a connection that was cut. */
export interface OwedEvent extends EventLine {
  readonly must: boolean;
}

interface Connection {
  readonly sent: { readonly tx: number; readonly n: number }[];
  /** Every transmission up to this one arrived. */
  ackedTx: number;
  isClosed: boolean;
}

/** The ledger in memory: what oracles ask, and the ledger of a simulated world itself. */
export class LedgerBook implements Ledger {
  readonly #events = new Map<number, EventLine>();
  readonly #connections = new Map<number, Connection>();
  #sentCount = 0;

  write(line: LedgerLine): void {
    if ("tx" in line) {
      this.#connection(line.conn).sent.push({ tx: line.tx, n: line.n });
      this.#sentCount++;
    } else if ("n" in line) this.#events.set(line.n, line);
    else if ("acked" in line) this.#connection(line.conn).ackedTx = line.acked;
    else if ("step" in line) {
      const connection = this.#connection(line.conn);
      if (line.step !== "closed") return;
      // A client that closes stops listening before we know; only what it answered for surely arrived.
      if (line.how === "handshake" && line.by === "venue") connection.ackedTx = connection.sent.at(-1)?.tx ?? connection.ackedTx;
      connection.isClosed = true;
    } else if ("market" in line && line.market === "quiesced") {
      for (const connection of this.#connections.values()) {
        if (!connection.isClosed) connection.ackedTx = connection.sent.at(-1)?.tx ?? connection.ackedTx;
      }
    }
  }

  flush(): void {}
  close(): void {}

  get eventCount(): number {
    return this.#events.size;
  }

  /** Frames over all connections. */
  get sentCount(): number {
    return this.#sentCount;
  }

  paths(): string[] {
    return [...new Set([...this.#events.values()].map((event) => event.stream))].sort();
  }

  /** What each path owes, in the order of its sequence. */
  owed(): Map<string, OwedEvent[]> {
    const arrived = new Set<number>();
    for (const { sent, ackedTx } of this.#connections.values()) {
      for (const { tx, n } of sent) if (tx <= ackedTx) arrived.add(n);
    }
    const byPath = new Map<string, OwedEvent[]>();
    for (const event of this.#events.values()) {
      const owed = { ...event, must: arrived.has(event.n) };
      const path = byPath.get(event.stream);
      if (path === undefined) byPath.set(event.stream, [owed]);
      else path.push(owed);
    }
    for (const path of byPath.values()) path.sort((a, b) => a.seq[0] - b.seq[0] || a.seq[1] - b.seq[1]);
    return byPath;
  }

  /** The events one connection was sent, in order. */
  sentTo(conn: number): EventLine[] {
    return (this.#connections.get(conn)?.sent ?? []).map(({ n }) => this.#events.get(n)!);
  }

  connections(): number[] {
    return [...this.#connections.keys()];
  }

  #connection(id: number): Connection {
    let connection = this.#connections.get(id);
    if (connection === undefined) this.#connections.set(id, connection = { sent: [], ackedTx: 0, isClosed: false });
    return connection;
  }
}

/** Reads a ledger's NDJSON. A last line without its end is one that was being written, and is left out. */
export function readLedger(text: string): LedgerBook {
  const book = new LedgerBook();
  const end = text.lastIndexOf("\n");
  for (const line of text.slice(0, Math.max(0, end)).split("\n")) if (line !== "") book.write(JSON.parse(line));
  return book;
}
