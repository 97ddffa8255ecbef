/**
 * How two recorders speak about one data path: through files, so that it works without a gateway, a port or a token, and only for those who
 * may write there. The asker locks `argus.takeover` and says in it what it records; answers are files under `tmp/takeover/`, named by its
 * generation. Who is asked looks a few times a second.
 */
import * as v from "valibot";
import { StorageError } from "../../lib/errors.ts";
import { partsOf } from "../../lib/stream_path.ts";
import { isSelected, type Selection } from "../../network/binding.ts";
import { decodeSymbol } from "../../lib/symbol_name.ts";
import { publishFile } from "../../processing/storage/files.ts";
import { tmpFolder } from "../../processing/storage/paths.ts";
import type { Disk } from "../../runtime/runtime.ts";

export interface Request {
  /** Version, process and machine, for people. */
  readonly holder: string;
  /** The generation its rows will belong to. */
  readonly hash: string;
  /** All its streams deliver: it may be told to go on. */
  readonly isReady: boolean;
  /** What it selects of each source. */
  readonly sources: Readonly<Record<string, Selection>>;
}

const texts = v.array(v.string());
const request = v.object({
  holder: v.string(),
  hash: v.pipe(v.string(), v.regex(/^[\w-]+$/)),
  isReady: v.boolean(),
  sources: v.record(v.string(), v.object({ symbols: texts, exclude: texts, types: texts })),
});

/** Its first line is for people who look into the file. */
export function requestText(asked: Request): string {
  return `${asked.holder}\n${JSON.stringify(asked)}\n`;
}

/** Undefined for a text that is not, or not yet, a request. */
export function parseRequest(text: string): Request | undefined {
  try {
    return v.parse(request, JSON.parse(text.split("\n")[1] ?? ""));
  } catch {
    return undefined;
  }
}

/** Streams that nobody would record any more. */
export function uncovered(paths: readonly string[], { sources }: Request): string[] {
  return paths.filter((path) => {
    const { source, type, symbol } = partsOf(path);
    const selection = sources[source];
    return selection === undefined || !selection.types.includes(type) || !isSelected(decodeSymbol(symbol), selection);
  });
}

/** Removes the answers to all requests, for whoever holds the data path while none is open. What cannot be removed does no harm. */
export function clearAnswers(disk: Disk, dataPath: string): void {
  const folder = `${tmpFolder(dataPath)}/takeover`;
  try {
    for (const { name } of disk.list(folder)) disk.remove(`${folder}/${name}`);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}

/** Files that answer one request. */
export class Answers {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #hash: string;

  constructor(disk: Disk, dataPath: string, hash: string) {
    this.#disk = disk;
    this.#folder = `${tmpFolder(dataPath)}/takeover`;
    this.#hash = hash;
  }

  /**
   * One of both, whoever is first: the one that is asked takes the request, or the asker takes it back. So neither waits for an answer that
   * will not come, and nobody stops for one that has left.
   */
  settle(how: "accepted" | "withdrawn"): boolean {
    this.#disk.makeFolder(this.#folder);
    try {
      const file = this.#disk.open(this.#name("settled"), "create");
      file.append(new TextEncoder().encode(how));
      file.close();
      return true;
    } catch (error) {
      if (error instanceof StorageError && error.code === "EEXIST") return false;
      throw error;
    }
  }

  get isSettled(): boolean {
    return this.#disk.exists(this.#name("settled"));
  }

  refuse(why: string): void {
    this.#publish("refused", why);
  }

  get refusal(): string | undefined {
    return this.#read("refused");
  }

  leave(document: string): void {
    this.#publish("left", document);
  }

  get document(): string | undefined {
    return this.#read("left");
  }

  #publish(what: string, text: string): void {
    publishFile(this.#disk, this.#name(what), `${this.#name(what)}.part`, new TextEncoder().encode(text));
  }

  #read(what: string): string | undefined {
    const path = this.#name(what);
    return this.#disk.exists(path) ? new TextDecoder().decode(this.#disk.read(path)) : undefined;
  }

  #name(what: string): string {
    return `${this.#folder}/${this.#hash}.${what}`;
  }
}
