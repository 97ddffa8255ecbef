import { mixedFrames } from "./frames.ts";

/**
 * WebSocket frames rendered once and sent for ever: with each lap the ids and times in their bytes rise, in place, as if the venue went on.
 * Ids and times keep their number of digits, so a frame keeps its length.
 */
export class FrameRing {
  readonly bytes: Uint8Array;
  /** Where each frame begins; one more than there are frames. */
  readonly starts: readonly number[];
  readonly #rises: readonly (readonly Rise[])[];
  #lap = 0;

  /** `everyUs`: how far apart in time they are. A recorder takes a socket whose times stand still for one that falls behind. */
  constructor(count: number, symbols: readonly string[], startTime: number, everyUs: number) {
    const texts = [...mixedFrames(count, symbols, startTime, everyUs)];
    const perLap = risesPerLap(texts, count * everyUs);
    const starts = [0];
    const rises: Rise[][] = [];
    this.bytes = new Uint8Array(texts.reduce((sum, text) => sum + text.length + headBytes(text.length), 0));
    for (const text of texts) {
      const at = starts.at(-1)! + headBytes(text.length);
      putHead(this.bytes, starts.at(-1)!, text.length);
      new TextEncoder().encodeInto(text, this.bytes.subarray(at));
      rises.push(numbersOf(text).map(({ key, end }) => ({ end: at + end, by: perLap(text, key) })));
      starts.push(at + text.length);
    }
    this.starts = starts;
    this.#rises = rises;
  }

  get frames(): number {
    return this.#rises.length;
  }

  /** The next lap begins: each frame rises before it is sent again. */
  nextLap(): void {
    this.#lap++;
  }

  /** Makes frames `from` up to `to` those of this lap. */
  prepare(from: number, to: number): void {
    if (this.#lap === 0) return;
    for (let i = from; i < to; i++) for (const { end, by } of this.#rises[i]!) add(this.bytes, end, by);
  }
}

interface Rise {
  /** Just behind the number's last digit. */
  readonly end: number;
  readonly by: number;
}

const NUMBER = /"([uUtET])":(\d+)/g;

function numbersOf(text: string): { readonly key: string; readonly value: number; readonly end: number }[] {
  return [...text.matchAll(NUMBER)].map((match) => ({ key: match[1]!, value: Number(match[2]), end: match.index + match[0].length }));
}

/** How much a number of a frame rises in a lap: what its stream covers in one. */
function risesPerLap(texts: readonly string[], lapUs: number): (text: string, key: string) => number {
  const firsts = new Map<string, number>();
  const lasts = new Map<string, number>();
  for (const text of texts) {
    for (const { key, value } of numbersOf(text)) {
      if (key === "E" || key === "T") continue;
      const stream = streamOf(text);
      if (!firsts.has(stream)) firsts.set(stream, value);
      lasts.set(stream, value);
    }
  }
  return (text, key) => {
    if (key === "E" || key === "T") return lapUs;
    const stream = streamOf(text);
    return lasts.get(stream)! - firsts.get(stream)! + 1;
  };
}

function streamOf(text: string): string {
  return text.slice(11, text.indexOf('"', 11));
}

function headBytes(length: number): number {
  return length < 126 ? 2 : 4; // a frame of the bench is shorter than 64 KiB
}

function putHead(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = 0x81;
  if (length < 126) bytes[at + 1] = length;
  else bytes.set([126, length >> 8, length & 255], at + 1);
}

/** Adds to the decimal number that ends before `end`. */
function add(bytes: Uint8Array, end: number, by: number): void {
  for (let at = end - 1, carry = by; carry > 0; at--) {
    const sum = bytes[at]! - 48 + carry;
    bytes[at] = 48 + sum % 10;
    carry = Math.floor(sum / 10);
  }
}
