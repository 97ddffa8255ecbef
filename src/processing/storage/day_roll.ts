/** chunk ▸ day file ▸ [rolled day file].  In: a day file nothing is added to any more. Out: the same rows, in few groups, packed harder. */
import type { RowGroup } from "hyparquet";
import type { EventType } from "../../events/event_type.ts";
import { StorageError } from "../../lib/errors.ts";
import type { DiskFile } from "../../runtime/runtime.ts";
import { nextContent } from "./content.ts";
import { type Content, contentOf, type FileEnd, fileEnd, KEY, keyValuesFor, sealedTrailer, type StorageWorld } from "./day_file.ts";
import { createFile, publish } from "./files.ts";
import { fillOfTable } from "./fold.ts";
import { groupSlices, MAGIC } from "./parquet/encode.ts";
import { metadataOf } from "./parquet/footer.ts";
import { readGroup } from "./parquet/read_group.ts";
import { RowDigest } from "./row_digest.ts";
import { concatTables, type SealedTable } from "./table.ts";

const ROLL_LEVEL = 9; // measured: 2 to 5 % smaller than 3 for three times its CPU; beyond it bytes hardly fall and time multiplies

export interface DayRollOptions {
  readonly path: string;
  readonly target: string;
  readonly temporary: string;
}

/** `damaged` says why; the file is then left as it is. `changed`: something was added meanwhile, so that the work is for another time. */
export type RollOutcome =
  | { readonly what: "rolled"; readonly rows: number; readonly bytesBefore: number; readonly bytes: number; readonly groups: number }
  | { readonly what: "damaged"; readonly why: string }
  | { readonly what: "changed" };

/**
 * Writes a day file anew in full groups and at a strong level, rows in the order they stand in, and puts it in place once every row read
 * back is the one that was there. `step` does a tenth of a second of it, so that a thread has other turns in between. A crash leaves the
 * old file, and at most a temporary one under tmp/. Dispose it whatever happens.
 */
export class DayRoll implements Disposable {
  readonly #world: StorageWorld;
  readonly #type: EventType;
  readonly #options: DayRollOptions;
  readonly #source: DiskFile;
  readonly #sourceBytes: number;
  readonly #end: FileEnd;
  readonly #read: RowDigest;
  readonly #written: RowDigest;
  readonly #groups: RowGroup[] = [];
  readonly #steps: Iterator<undefined, RollOutcome>;
  #out: DiskFile | undefined;
  #content: Content = { bytes: 0, crc: 0 };

  /** Throws StorageError; `end` is the file's. */
  constructor(world: StorageWorld, type: EventType, end: FileEnd, options: DayRollOptions) {
    this.#world = world;
    this.#type = type;
    this.#options = options;
    this.#end = end;
    this.#read = new RowDigest(world.compression);
    this.#written = new RowDigest(world.compression);
    this.#source = world.disk.open(options.target, "read");
    this.#sourceBytes = this.#source.size();
    this.#steps = this.#run();
  }

  /** Undefined while there is more to do. Throws StorageError; nothing has changed then. */
  step(): RollOutcome | undefined {
    const { done, value } = this.#steps.next();
    return done === true ? value : undefined;
  }

  [Symbol.dispose](): void {
    const { disk } = this.#world;
    for (const end of [() => this.#source.close(), () => this.#out?.close(), () => disk.remove(this.#options.temporary)]) {
      try {
        end();
      } catch (error) {
        if (!(error instanceof StorageError)) throw error; // what failed before is told, and nothing of the temporary file is used
      }
    }
  }

  *#run(): Generator<undefined, RollOutcome> {
    const damage = yield* this.#damage();
    if (damage !== undefined) return { what: "damaged", why: damage };
    yield* this.#write();
    yield* this.#readBack();
    return this.#replace();
  }

  /** Every byte, dead ones too: what is damaged is not made to look whole. */
  *#damage(): Generator<undefined, string | undefined> {
    let seen: Content = { bytes: 0, crc: 0 };
    while (seen.bytes < contentOf(this.#end).bytes) {
      seen = nextContent(this.#world, this.#source, this.#end, seen);
      yield;
    }
    return seen.crc === contentOf(this.#end).crc ? undefined : "its bytes are not those that were written";
  }

  *#write(): Generator<undefined, void> {
    this.#out = createFile(this.#world.disk, this.#options.temporary);
    this.#append(MAGIC);
    let waiting: SealedTable[] = [];
    for (const group of this.#end.metadata.row_groups) {
      const table = readGroup(this.#type, this.#source, group, this.#world.compression);
      this.#read.add(table);
      waiting.push(table);
      yield;
      if (waiting.reduce((sum, each) => sum + fillOfTable(each), 0) < 1) continue;
      const slices = [...groupSlices(concatTables(this.#type, waiting))];
      waiting = slices.splice(-1);
      for (const full of slices) {
        this.#encode(full);
        yield;
      }
    }
    if (waiting.length > 0) this.#encode(concatTables(this.#type, waiting));
    this.#finish();
  }

  #encode(table: SealedTable): void {
    const { groups, bytes } = this.#world.encoder.encode(this.#type, table, this.#content.bytes, ROLL_LEVEL);
    this.#append(bytes);
    this.#groups.push(...groups);
  }

  #append(bytes: Uint8Array): void {
    this.#out!.append(bytes);
    const { compression } = this.#world;
    this.#content = { bytes: this.#content.bytes + bytes.length, crc: compression.crc32(bytes, this.#content.crc) };
  }

  #finish(): void {
    const { path } = this.#options;
    const rows = this.#read.rows;
    const kept = new Map([...this.#end.keyValues, [KEY.rolled, String(rows)]]);
    const encoded = { bytes: new Uint8Array(0), groups: this.#groups, rows };
    // Nothing was appended: the file is synced as a whole before it has its name.
    const keyValues = keyValuesFor(this.#world, this.#type, path, { encoded, before: this.#content, watermark: this.#end.watermark, kept });
    this.#out!.append(sealedTrailer(this.#world, metadataOf(this.#type, encoded, keyValues)));
    this.#out!.sync();
    this.#out!.close();
    this.#out = undefined;
  }

  /** From the disk, not from what we believe is there. */
  *#readBack(): Generator<undefined, void> {
    this.#out = this.#world.disk.open(this.#options.temporary, "read");
    const end = fileEnd(this.#world, this.#out, this.#out.size());
    for (const group of end?.metadata.row_groups ?? []) {
      yield;
      this.#written.add(readGroup(this.#type, this.#out, group, this.#world.compression));
    }
    if (String(this.#read) === String(this.#written) && end?.watermark.toString() === this.#end.watermark.toString()) return;
    throw new StorageError({
      op: "roll",
      path: this.#options.target,
      code: "verify",
      hint: "It reads back differently. This is a bug of Argus, or bad memory or disk; the day file is as it was.",
    });
  }

  #replace(): RollOutcome {
    const { disk } = this.#world;
    const { target, temporary } = this.#options;
    if (disk.stat(target)?.bytes !== this.#sourceBytes) return { what: "changed" };
    const bytes = this.#out!.size();
    for (const file of [this.#source, this.#out!]) file.close(); // Windows renames no open file
    publish(disk, temporary, target);
    return { what: "rolled", rows: this.#read.rows, bytesBefore: this.#sourceBytes, bytes, groups: this.#groups.length };
  }
}
