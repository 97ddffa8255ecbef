import process from "node:process";

/** How much of it a test does: `npm run soak -- NAME AMOUNT` asks for more than the suite has time for. */
export function amountFrom(inSuite: number): number {
  const asked = Number(process.env["AMOUNT"] ?? inSuite);
  if (!(asked > 0)) throw new RangeError(`AMOUNT: found ${process.env["AMOUNT"]}, expected a number above 0`);
  return asked;
}

/** It was asked for more than the suite has. */
export function isSoak(): boolean {
  return process.env["AMOUNT"] !== undefined;
}
