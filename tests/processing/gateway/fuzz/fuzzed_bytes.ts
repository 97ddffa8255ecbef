import type { SeededRandom } from "../../../../src/sim/world/seeded_random.ts";

const ENCODER = new TextEncoder();

export function pick<T>(random: SeededRandom, all: readonly T[]): T {
  return all[random.below(all.length)]!;
}

export function bytesOf(text: string): Uint8Array {
  return ENCODER.encode(text);
}

export function randomBytes(random: SeededRandom, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.below(256));
}

/** Some of them changed, left out, doubled, or put in their place from elsewhere. */
export function mutated(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  let all = [...bytes];
  for (let count = 1 + random.below(6); count > 0 && all.length > 0; count--) {
    const at = random.below(all.length);
    const many = 1 + random.below(8);
    switch (random.below(5)) {
      case 0:
        all[at] = random.below(256);
        break;
      case 1:
        all.splice(at, many);
        break;
      case 2:
        all.splice(at, 0, ...randomBytes(random, many));
        break;
      case 3:
        all.splice(at, 0, ...all.slice(at, at + 8 * many));
        break;
      default: {
        const from = random.below(all.length);
        all = [...all.slice(0, at), ...all.slice(from, from + many), ...all.slice(at + many)];
      }
    }
  }
  return Uint8Array.from(all);
}

/** As a network may hand it over. */
export function pieces(random: SeededRandom, bytes: Uint8Array): Uint8Array[] {
  const cuts = Array.from({ length: random.below(3) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length));
}
