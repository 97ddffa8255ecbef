import * as fs from "node:fs";
import * as path from "node:path";
import process from "node:process";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
/** Without these it looks up hosts of its maker, which a closed network refuses many at a time. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The browser of this machine: CHROMIUM, else the first one on the PATH; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const given = process.env["CHROMIUM"];
  if (given !== undefined && given !== "") return given;
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => fs.existsSync(file));
}

export async function launch(executablePath: string): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : []; // its sandbox refuses root
  return await chromium.launch({ executablePath, args: [...QUIET, ...asRoot] });
}

export interface Watched {
  readonly page: Page;
  /** What the console called an error, and what nobody caught. */
  readonly errors: string[];
  /** Every address that was asked for, sockets too. */
  readonly asked: string[];
  /** Bytes of each answer that is no data, by address. */
  readonly assets: Map<string, Uint8Array>;
}

/** A page of its own, with everything it asks for and complains of. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const watched: Watched = { page, errors: [], asked: [], assets: new Map() };
  page.on("console", (message) => message.type() === "error" && watched.errors.push(message.text()));
  page.on("pageerror", (error) => watched.errors.push(error.stack ?? error.message));
  page.on("request", (request) => watched.asked.push(request.url()));
  page.on("websocket", (socket) => watched.asked.push(socket.url()));
  page.on("response", async (response) => {
    const url = new URL(response.url());
    if (!url.pathname.startsWith("/v1/")) watched.assets.set(url.pathname, await response.body().catch(() => new Uint8Array(0)));
  });
  return watched;
}
