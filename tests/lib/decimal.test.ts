import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseDecimal } from "../../src/lib/decimal.ts";

const SEED = 20261124;

describe("a decimal", () => {
  it("of up to 15 digits is what Number reads, and exact", () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n });
    fc.assert(
      fc.property(digits, fc.nat(20), fc.boolean(), (mantissa, places, isNegative) => {
        const text = `${isNegative ? "-" : ""}${withPlaces(mantissa, places)}`;
        assert.deepEqual(parseDecimal(text), { value: Number(text), isExact: true }, text);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it("is exact if and only if the DOUBLE, rounded to as many digits, is the text again", () => {
    const mantissas = fc.oneof(
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fc.bigInt({ min: 2n ** 53n - 50n, max: 2n ** 53n + 50n }),
      fc.integer({ min: 0, max: 99 }).map(BigInt),
    );
    const exponents = fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -345, max: -300 }), fc.integer({ min: 280, max: 320 }));
    let inexact = 0;
    fc.assert(
      fc.property(mantissas, exponents, (mantissa, exponent) => {
        const text = `${mantissa}e${exponent}`;
        const decimal = parseDecimal(text);
        if (decimal === undefined) return assert(!Number.isFinite(Number(text)), text);
        assert.equal(decimal.value, Number(text));
        assert.equal(decimal.isExact, restoresExactly(decimal.value, mantissa, exponent), text);
        if (!decimal.isExact) inexact++;
      }),
      { seed: SEED, numRuns: 5_000 },
    );
    assert(inexact > 500, `only ${inexact} inexact`);
  });

  it("too small for a DOUBLE is 0 and inexact, never a silent 0", () => {
    for (const text of ["1e-400", `0.${"0".repeat(330)}1`, "4e-324", "1.234567890123e-315"]) {
      assert.equal(parseDecimal(text)?.isExact, false, text);
    }
    for (const text of ["0", "-0", "0.00000000", "0e-400", "000"]) assert.equal(parseDecimal(text)?.isExact, true, text);
  });

  it("that DOUBLE cannot restore keeps its nearest value and says so", () => {
    assert.deepEqual(parseDecimal("9223372036.12345678"), { value: 9223372036.123457, isExact: false });
    assert.deepEqual(parseDecimal("9007199254740993"), { value: 9007199254740992, isExact: false });
    for (const text of ["900719925474094.2", "900719925474094.3"]) {
      assert.deepEqual(parseDecimal(text), { value: 900719925474094.25, isExact: false }, "both are one DOUBLE");
    }
    assert.deepEqual(parseDecimal("46116860414.00"), { value: 46116860414, isExact: true });
    assert.deepEqual(parseDecimal("0.1000000000000000055511151231257827"), { value: 0.1, isExact: true });
  });

  it("is nothing else that Number would read", () => {
    const others = [
      "",
      " ",
      "1 ",
      " 1",
      "\t1",
      "0x10",
      "0b1",
      "0o7",
      "NaN",
      "Infinity",
      "-Infinity",
      "1e400",
      "-1e400",
      "+1",
      "--1",
      "1-",
      ".",
      "-",
      "-.",
    ];
    const more = ["1.2.3", "1,5", "1_000", "1e", "1e+", "e5", "1e5.5", "1e1e1", "１", "١", "null", "1n", "\u00001", "1\n", "½"];
    for (const text of [...others, ...more]) assert.equal(parseDecimal(text), undefined, JSON.stringify(text));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789.-+eExn _"), maxLength: 8 }), (text) => {
        assert.equal(
          parseDecimal(text) !== undefined,
          /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)),
          text,
        );
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });
});

/** Oracle in whole numbers: is `value` nearer to mantissa × 10^exponent than half a unit of its last digit that counts? */
function restoresExactly(value: number, mantissa: bigint, exponent: number): boolean {
  if (mantissa === 0n) return value === 0;
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    exponent++;
  }
  const [numerator, power] = binaryOf(value);
  const scale = 2n ** BigInt(Math.max(0, -power)) * 10n ** BigInt(Math.max(0, -exponent)); // everything times this is whole
  const exact = numerator * 2n ** BigInt(Math.max(0, power)) * scale / 2n ** BigInt(Math.max(0, -power));
  const unit = 10n ** BigInt(Math.max(0, exponent)) * scale / 10n ** BigInt(Math.max(0, -exponent));
  const distance = exact - mantissa * unit;
  return 2n * (distance < 0n ? -distance : distance) < unit;
}

/** value = numerator × 2^power, from its bits. */
function binaryOf(value: number): [numerator: bigint, power: number] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const exponent = Number(bits.getBigUint64(0) >> 52n & 0x7ffn);
  const fraction = bits.getBigUint64(0) & (1n << 52n) - 1n;
  return exponent === 0 ? [fraction, -1074] : [fraction | 1n << 52n, exponent - 1075];
}

function withPlaces(mantissa: bigint, places: number): string {
  const digits = String(mantissa).padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
