import type { Ledger } from "./ledger.ts";

/** What went wrong on purpose: counted by kind, noted in the ledger, told to whoever listens. */
export class FaultLog {
  readonly #time: () => number;
  readonly #ledger: Ledger | undefined;
  readonly #onFault: ((kind: string, detail: string) => void) | undefined;
  readonly #counts = new Map<string, number>();

  constructor(time: () => number, ledger: Ledger | undefined, onFault: ((kind: string, detail: string) => void) | undefined) {
    this.#time = time;
    this.#ledger = ledger;
    this.#onFault = onFault;
  }

  note(kind: string, detail: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#ledger?.write({ market: "fault", at: this.#time(), detail: `${kind}: ${detail}` });
    this.#onFault?.(kind, detail);
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
