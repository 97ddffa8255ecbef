import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { firstDifference } from "./oracle.ts";
import type { Scene } from "./scene.ts";

const SEED_MS_MAX = 300_000; // on a machine that does much else

/** The seeds of a test. `SEED=17` runs that one only; `SEEDS=1000:200` those from 1000 on, two hundred of them: `npm run soak` sets it. */
export function seedsFrom(first: number, count: number): readonly number[] {
  const only = process.env["SEED"];
  if (only !== undefined) return [Number(only)];
  const [from, many] = process.env["SEEDS"]?.split(":").map(Number) ?? [first, count];
  return Array.from({ length: many! }, (_, i) => from! + i);
}

/** Many seeds, and time for long ones: `npm run soak`. */
export const isSoak: boolean = process.env["SEEDS"] !== undefined;

/** The command that runs one seed of a test file again. */
export function replayCommand(file: string, seed: number): string {
  const test = "Deno" in globalThis ? "npx deno test -A --no-check" : "npx bun test --timeout 60000";
  return `SEED=${seed} ${test} ./tests/simulation/${file}`;
}

/** One seed of a test. Whatever it fails of, it says how to see it again. */
export function seededTest(file: string, seed: number, promise: string, run: () => Promise<void> | void): void {
  test(`${promise} (seed ${seed})`, { timeout: SEED_MS_MAX }, async () => {
    try {
      await run();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw message.includes("again: ") ? error : new Error(`${message}\n  again: ${replayCommand(file, seed)}`, { cause: error });
    }
  });
}

export interface Expectation {
  /** Paths that nothing may miss; others may have been ended on purpose in between. All where absent. */
  readonly judged?: (path: string) => boolean;
  /** Nothing was cut, so whatever the venue sent to anyone has to be there, whether or not a pong has answered for it. */
  readonly isLossless?: boolean;
  /** Lines were held up for longer than an event waits for another socket's. */
  readonly mayBeLate?: boolean;
  /** The venue sends out of order. */
  readonly isReordered?: boolean;
}

/** Fails with the first difference of any path, the seed, and the command that shows it again. */
export function assertWhole(
  scene: Scene,
  file: string,
  { judged = () => true, isLossless = false, mayBeLate = false, isReordered = false }: Expectation = {},
): void {
  const { seed } = scene.world;
  const owed = scene.ledger.owed();
  const gaps = scene.gaps();
  for (const path of new Set([...owed.keys(), ...scene.published.paths()])) {
    const sent = owed.get(path) ?? [];
    const claim = {
      path,
      owed: isLossless ? sent.map((event) => ({ ...event, must: true })) : sent,
      published: scene.events(path),
      mayBeLate,
      isReordered,
    };
    const difference = firstDifference(judged(path) ? { ...claim, gaps: gaps.get(path) ?? [] } : claim);
    if (difference !== undefined) assert.fail(`seed ${seed}: ${difference}\n  again: ${replayCommand(file, seed)}`);
  }
}

/** Fails where the recorder told of lost data, or the venue had to refuse or close what broke its limits. */
export function assertCalm(scene: Scene, file: string, about: (path: string) => boolean = () => true): void {
  const again = `seed ${scene.world.seed}\n  again: ${replayCommand(file, scene.world.seed)}`;
  const errors = scene.complaints.filter(({ level, fields }) => level === "error" && about(String(fields["path"] ?? "")));
  assert.deepEqual(errors.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`), [], again);
  assert.deepEqual(scene.ledger.offences(), [], again);
}
