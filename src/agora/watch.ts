export interface PathChange {
  readonly path: string;
  readonly change: "opened" | "closed";
}

const CHANGES_QUEUED_MAX = 65_536; // a whole exchange listed and delisted several times over

/** Paths that come and go. A reader that never reads costs a bounded queue, then its stream fails. */
export class Watch implements AsyncDisposable {
  readonly current: readonly string[];
  readonly stream: ReadableStream<PathChange>;
  readonly #closed: (self: Watch) => void;
  #controller!: ReadableStreamDefaultController<PathChange>;
  #isClosed = false;

  constructor(current: readonly string[], closed: (self: Watch) => void) {
    this.current = current;
    this.#closed = closed;
    this.stream = new ReadableStream<PathChange>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#detach(),
    }, { highWaterMark: CHANGES_QUEUED_MAX });
  }

  tell(change: PathChange): void {
    if (this.#isClosed) return;
    if ((this.#controller.desiredSize ?? 0) <= 0) {
      this.#controller.error(new Error(`watcher is ${CHANGES_QUEUED_MAX} changes behind`));
      this.#detach();
      return;
    }
    this.#controller.enqueue(change);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#controller.close();
    this.#detach();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #detach(): void {
    this.#isClosed = true;
    this.#closed(this);
  }
}
