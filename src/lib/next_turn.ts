/** Resolves with the next turn of the event loop: whoever works for long lets the others have theirs. */
export function nextTurn(timers: { turn(run: () => void): void }): Promise<void> {
  return new Promise((resolve) => timers.turn(resolve));
}
