import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captured } from "./children.mjs";
import { executable, root } from "./install.mjs";

/** Our name for a platform, Bun's, and the npm package that holds its executable. */
const PLATFORMS = [
  ["linux-x64", "bun-linux-x64", "@oven/bun-linux-x64"],
  ["linux-arm64", "bun-linux-arm64", "@oven/bun-linux-aarch64"],
  ["darwin-x64", "bun-darwin-x64", "@oven/bun-darwin-x64"],
  ["darwin-arm64", "bun-darwin-arm64", "@oven/bun-darwin-aarch64"],
  ["windows-x64", "bun-windows-x64", "@oven/bun-windows-x64"],
  ["windows-arm64", "bun-windows-arm64", "@oven/bun-windows-aarch64"],
];

// Without the two no-autoload flags the binary would run a bunfig.toml and read a .env of whatever folder it is started in;
// without --format=esm it does not find its own worker.
const FLAGS = ["--compile", "--minify", "--bytecode", "--format=esm", "--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"];

/** `npm run build [-- --all]` → dist/argus, with `--all` also dist/argus-{platform} and dist/SHA256SUMS. */
export async function build(args) {
  const unknown = args.find((arg) => arg !== "--all");
  if (unknown !== undefined) throw new Error(`unknown argument ${unknown}; the only one is --all`);
  const dist = join(root, "dist");
  mkdirSync(dist, { recursive: true });
  const own = join(dist, process.platform === "win32" ? "argus.exe" : "argus");
  await compile(own, []);
  await smoke(own);
  console.log(`${relative(own)}  ${megabytes(own)}, runs from an empty folder`);
  if (!args.includes("--all")) return 0;

  const built = [own];
  const missing = [];
  for (const platform of PLATFORMS) {
    const target = join(dist, `argus-${platform[0]}${platform[0].startsWith("windows") ? ".exe" : ""}`);
    try {
      await compile(target, [`--target=${platform[1]}`, `--compile-executable-path=${runtimeOf(platform[2])}`]);
      built.push(target);
      console.log(`${relative(target)}  ${megabytes(target)}, not run here`);
    } catch (error) {
      missing.push(platform[0]);
      console.log(`${relative(target)}  not built: ${error.message}`);
    }
  }
  const sums = built.map((path) => `${createHash("sha256").update(readFileSync(path)).digest("hex")}  ${path.slice(dist.length + 1)}\n`);
  writeFileSync(join(dist, "SHA256SUMS"), sums.join(""));
  console.log(`dist/SHA256SUMS  ${built.length} files${missing.length > 0 ? `; not built: ${missing.join(", ")}` : ""}`);
  return 0;
}

async function compile(target, options) {
  // Two builds at once must not write one file; and a half-written binary never has the final name.
  const folder = mkdtempSync(join(root, "dist", ".build-"));
  try {
    const outfile = join(folder, target.endsWith(".exe") ? "argus.exe" : "argus");
    const { code, output } = await captured(executable("bun"), [
      "build",
      ...FLAGS,
      ...options,
      "src/main.ts",
      "src/storage_worker.ts",
      "src/history_worker.ts",
      "src/journal_worker.ts",
      "--outfile",
      outfile,
    ]);
    if (code !== 0 || !existsSync(outfile)) throw new Error(output.trim() || `bun build ended with ${code}`);
    renameSync(outfile, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The binary must work where nothing of ours is: an empty folder, an empty environment. */
async function smoke(path) {
  const folder = mkdtempSync(join(tmpdir(), "argus-smoke-"));
  try {
    const options = { cwd: folder, env: { HOME: folder, PATH: "" } };
    for (const args of [["--version"], ["record", "--help"], ["sources", "--json"]]) {
      const { code, output } = await captured(path, args, options);
      if (code !== 0) throw new Error(`${path} ${args.join(" ")} ended with ${code}:\n${output}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The executable of another platform, out of its npm package; kept in .cache. */
function runtimeOf(name) {
  const version = JSON.parse(readFileSync(join(root, "node_modules", "bun", "package.json"), "utf8")).version;
  const folder = join(root, ".cache", "runtimes", `${name.split("/")[1]}-${version}`);
  const files = () => ["bun", "bun.exe"].map((file) => join(folder, "package", "bin", file)).filter((file) => existsSync(file));
  if (files().length === 0) {
    mkdirSync(folder, { recursive: true });
    const options = { cwd: folder, encoding: "utf8", shell: process.platform === "win32" };
    const pack = spawnSync("npm", ["pack", `${name}@${version}`, "--silent"], options);
    if (pack.status !== 0) throw new Error(`npm pack ${name}@${version} ended with ${pack.status}: ${pack.stderr.trim().split("\n")[0]}`);
    const archive = readdirSync(folder).find((file) => file.endsWith(".tgz"));
    const tar = spawnSync("tar", ["-xzf", archive], options);
    rmSync(join(folder, archive), { force: true });
    if (tar.status !== 0) throw new Error(`tar ended with ${tar.status}: ${tar.stderr.trim()}`);
  }
  const [found] = files();
  if (found === undefined) throw new Error(`${name}@${version} holds no executable`);
  return found;
}

function relative(path) {
  return path.slice(root.length + 1);
}

function megabytes(path) {
  return `${(statSync(path).size / 1e6).toFixed(0)} MB`;
}
