import { Faults } from "../../src/sim/venue/faults.ts";
import { marketListings } from "../../src/sim/venue/market_names.ts";
import { SymbolFaults } from "../../src/sim/venue/symbol_faults.ts";
import type { SeededRandom } from "../../src/sim/world/seeded_random.ts";
import type { World } from "../../src/sim/world/world.ts";
import { BadWire } from "./bad_wire.ts";
import { Recording } from "./recording.ts";
import { Scene, VENUE } from "./scene.ts";

const FAULTS_MS = 20_000;

export interface MixedWorld {
  readonly scene: Scene;
  readonly wire: BadWire;
  readonly kept: string[];
  readonly changes: SymbolFaults;
}

/** A short, dense world: a venue that does everything wrong, over a line that does too. */
export function mixedWorld(seed: number, random: SeededRandom): MixedWorld {
  const faults = new Faults("rough", seed, 4_000 + random.below(16_000));
  const kept: string[] = [];
  let wire!: BadWire;
  const scene = new Scene({
    seed,
    listings: marketListings(seed, 2 + random.below(4)),
    rate: 15 + random.below(45),
    workerMaxAgeMs: 2_000 + random.below(8_000),
    redundancy: 1 + random.below(3),
    universeIntervalMs: 3_000,
    staleAfterMs: 8_000,
    streamsPerWorkerMax: 4 + random.below(12),
    venue: { faults, limits: { pingEveryMs: 1_000 } },
    keepFrame: ({ text }) => kept.push(text),
    through: (venue) => wire = new BadWire(venue, seed, { doubledOneIn: 20, damagedOneIn: 40, lateOneIn: 0 }),
  });
  Object.assign(scene.world.network.conditions, {
    latencyMs: 2 + random.below(100),
    jitterMs: random.below(60),
    stallOneIn: 50,
    stallMs: 100 + random.below(700),
  });
  const changes = new SymbolFaults(scene.world.runtime("exchange").timers, scene.venue, scene.market, faults);
  return { scene, wire, kept, changes };
}

/** The whole program in such a world. */
export function mixedRecording(seed: number, random: SeededRandom): { readonly recording: Recording; readonly wire: BadWire } {
  let wire!: BadWire;
  const recording = new Recording({
    seed,
    symbols: 2 + random.below(3),
    rate: 15 + random.below(45),
    flushIntervalMs: 500 + random.below(4_000),
    workerMaxAgeMs: 3_000 + random.below(10_000),
    redundancy: 1 + random.below(2),
    venue: { faults: new Faults("rough", seed, 4_000 + random.below(16_000)), limits: { pingEveryMs: 1_000 } },
    through: (venue) => wire = new BadWire(venue, seed, { doubledOneIn: 20, damagedOneIn: 200, lateOneIn: 0 }),
  });
  return { recording, wire };
}

/** What happens to lines and machines, one thing after the other, in any order. */
export async function happen(world: World, random: SeededRandom, more: readonly (() => Promise<void> | void)[] = []): Promise<void> {
  const { network } = world;
  const clogged = new Set<{ hold(isHeld: boolean): void }>();
  const happenings: (() => Promise<void> | void)[] = [
    () => network.cutAll(VENUE),
    () => void network.cut(VENUE, random.below(4)),
    () => void network.cut(VENUE, random.below(4)),
    async () => {
      network.partition(VENUE, true);
      await world.advance(random.below(random.below(3) === 0 ? 15_000 : 2_000));
      network.partition(VENUE, false);
    },
    async () => {
      network.refuse(VENUE, { refuse: [429, 418, 503, 500][random.below(4)]!, reason: "No.", retryAfterMs: 1_000 * random.below(3) });
      network.cut(VENUE, 0);
      await world.advance(random.below(3_000));
      network.refuse(VENUE, undefined);
    },
    () => {
      for (const connection of network.connections(VENUE)) if (random.below(2) === 0) clogged.add(connection);
      for (const connection of clogged) connection.hold(true);
    },
    () => {
      for (const connection of clogged) if (random.below(2) === 0 && clogged.delete(connection)) connection.hold(false);
    },
    () => world.host("recorder").pause(random.below(4_000)),
    () => world.host("recorder").stepWall((random.float() - 0.5) * 7_200_000),
    ...more,
  ];
  while (world.nowMs < FAULTS_MS) {
    await world.advance(random.below(4_000));
    await happenings[random.below(happenings.length)]!();
  }
  for (const connection of clogged) connection.hold(false);
}

/** Nothing goes wrong on purpose any more. */
export function stopFaults({ scene, wire, changes }: MixedWorld): void {
  changes.stop();
  wire.mend();
  scene.venue.stopFaults();
}

/** Names that were delisted meanwhile: what was under way for them is nobody's. */
export function ended({ ledger }: Scene): (path: string) => boolean {
  const notes = ledger.notes.filter(({ market, detail }) => market === "delisted" || detail?.startsWith("delisted"));
  const names = new Set(notes.map(({ detail = "" }) => encodeURIComponent(detail.split(/[: ]+/).at(-1)!)));
  return (path) => names.has(path.split("/")[2]!);
}
