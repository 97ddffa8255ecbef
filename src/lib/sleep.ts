/** Resolves after `ms`, or at once when the signal aborts: the caller looks at the signal, an abort is no error. */
export function sleep(timers: { after(delayMs: number, run: () => void): () => void }, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = timers.after(ms, finish);
    signal.addEventListener("abort", finish);
  });
}
