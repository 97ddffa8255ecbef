import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const STAMP = join(root, "node_modules", ".argus-installed"); // npm ci empties node_modules, so an unfinished install has no stamp
const LOCK = join(root, ".cache", "install.lock");
const LOCK_ABANDONED_MS = 15 * 60_000; // longer than any install that still has a chance
const LOCK_LOOK_MS = 500;

/** Installs what package-lock.json names unless exactly that is there. Two commands started at once install once. */
export async function installMissing() {
  if (isInstalled()) return;
  await withLock(() => {
    if (isInstalled()) return;
    console.error("argus: installing dependencies (npm ci), once");
    const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2], // standard output belongs to the command that follows
      shell: process.platform === "win32",
    });
    if (npm.status !== 0) {
      throw new Error(`npm ci ended with ${npm.status ?? npm.signal ?? npm.error?.message}. Is the registry reachable?`);
    }
    fetchBlockedExecutables();
    addPolarsBinding();
    writeFileSync(STAMP, lockHash());
  });
}

/** Path of a pinned tool's executable: the one its install script put in place, else the platform package it came from. */
export function executable(name) {
  const exe = process.platform === "win32" ? ".exe" : "";
  const candidates = name === "bun" ? bunCandidates(exe) : denoCandidates(exe);
  const found = candidates.find((path) => existsSync(path) && statSync(path).size > 1_000_000); // a blocked install script leaves a stub of a few bytes
  if (found === undefined) throw new Error(`Cannot find ${name} in node_modules. Remove node_modules and run the command again.`);
  return found;
}

function bunCandidates(exe) {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const cpu = process.arch === "arm64" ? "aarch64" : "x64";
  const flavours = ["", "-musl", "-baseline", "-musl-baseline"];
  return [
    join(root, "node_modules", "bun", "bin", "bun.exe"),
    ...flavours.map((flavour) => join(root, "node_modules", "@oven", `bun-${os}-${cpu}${flavour}`, "bin", `bun${exe}`)),
  ];
}

function denoCandidates(exe) {
  const libc = process.platform === "linux" ? "-glibc" : "";
  return [
    join(root, "node_modules", "deno", `deno${exe}`),
    join(root, "node_modules", "@deno", `${process.platform}-${process.arch}${libc}`, `deno${exe}`),
  ];
}

/** npm may be told not to run install scripts; the executables of both runtimes then come from theirs, run by hand. */
function fetchBlockedExecutables() {
  for (const [name, script] of [["bun", "install.js"], ["deno", "install.cjs"]]) {
    try {
      executable(name);
    } catch {
      spawnSync(process.execPath, [join(root, "node_modules", name, script)], {
        cwd: join(root, "node_modules", name),
        stdio: ["ignore", 2, 2],
      });
      executable(name);
    }
  }
}

/**
 * The binding of nodejs-polars, an optional package that npm leaves out below Node 22 although Bun and Deno run it. Only tests use it,
 * so a platform that cannot have it still records.
 */
function addPolarsBinding() {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", "nodejs-polars", "package.json"), "utf8"));
  const suffix = { linux: "-gnu", win32: "-msvc" }[process.platform] ?? "";
  const name = `nodejs-polars-${process.platform}-${process.arch}${suffix}`;
  if (existsSync(join(root, "node_modules", name))) return;
  spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", `${name}@${version}`], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
}

function lockHash() {
  return createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
}

/** Only our own stamp counts: a plain `npm ci` may leave out what `installMissing` adds. */
function isInstalled() {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === lockHash();
}

async function withLock(run) {
  mkdirSync(dirname(LOCK), { recursive: true });
  while (!tryLock()) await new Promise((resolve) => setTimeout(resolve, LOCK_LOOK_MS));
  try {
    run();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

function tryLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isAbandoned()) rmSync(LOCK, { force: true });
    return false;
  }
}

function isAbandoned() {
  try {
    if (Date.now() - statSync(LOCK).mtimeMs > LOCK_ABANDONED_MS) return true;
    const pid = Number(readFileSync(LOCK, "utf8"));
    if (!Number.isInteger(pid) || pid <= 0) return false; // its owner is about to write it
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
