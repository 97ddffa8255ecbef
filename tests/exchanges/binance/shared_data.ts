import * as fs from "node:fs";
import { fileURLToPath } from "node:url";

/** Recordings too large for the project, beside it on the machines that have them. */
const FOLDER = fileURLToPath(new URL("../../../../shared/data/captures/", import.meta.url));

/** The file's path, or undefined after saying why the test is skipped. */
export function skipWithout(name: string): string | undefined {
  if (fs.existsSync(FOLDER + name)) return FOLDER + name;
  console.log(`skipped: ${name} is not in ${FOLDER}`);
  return undefined;
}
