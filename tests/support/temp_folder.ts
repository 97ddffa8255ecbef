import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after } from "node:test";

/** A folder of this test file's own, gone when its tests are over. */
export function tempFolder(name: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `argus-${name}-`));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}
