import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface SourceFile {
  /** From the project's root: `src/cli/cli.ts`. */
  readonly path: string;
  readonly text: string;
  /** Without comments, so that a comment may name what the code must not. */
  readonly code: string;
  /** What it imports, types too; relative ones from the project's root. */
  readonly imports: readonly string[];
}

export function filesUnder(folder: string): SourceFile[] {
  return fs.readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => read(path.relative(ROOT, path.join(entry.parentPath, entry.name))))
    .sort((a, b) => a.path < b.path ? -1 : 1);
}

const SPECIFIER = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)"([\w@.:\/-]+)"/g;

function read(file: string): SourceFile {
  const text = fs.readFileSync(path.join(ROOT, file), "utf8");
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[\s;{}()])\/\/.*$/gm, "$1");
  const imports = [...code.matchAll(SPECIFIER)].map(([, specifier]) => specifier!);
  return { path: file, text, code, imports: imports.map((name) => name.startsWith(".") ? path.join(path.dirname(file), name) : name) };
}
