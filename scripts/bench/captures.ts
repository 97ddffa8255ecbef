import * as fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { eventTypeOf } from "../../src/events/registry.ts";
import { fileEnd, newFileBytes, type StorageWorld, storageWorld } from "../../src/processing/storage/day_file.ts";
import { decodeTable } from "../../src/processing/storage/parquet/decode.ts";
import { bytesSource } from "../../src/processing/storage/parquet/read_group.ts";
import type { SealedTable } from "../../src/processing/storage/table.ts";
import { Watermark } from "../../src/processing/storage/watermark.ts";
import { loadRuntime } from "../../src/runtime/load.ts";
import type { Figure } from "../bench.ts";
import { runChild } from "./child.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const CAPTURES = ["20240808", "20240809"].map((date) => `${root}../shared/data/captures/binance-spot-btcusdt-${date}.gz`);
const ROUNDS = 9; // the first few while the code is still being compiled

/** Eleven recorded minutes of BTCUSDT, where they are beside the project: bytes a row when rolled, and the encoder when it is warm. */
export async function captures(folder: string): Promise<Figure[]> {
  if (!fs.existsSync(CAPTURES[0]!)) return [];
  const data = `${folder}/captures`;
  const argus = [process.execPath, `${root}src/main.ts`];
  await runChild([...argus, "import", "--source", "binance", "--data-path", data, ...CAPTURES], { cwd: folder }).ended;
  await runChild([...argus, "compact", "--data-path", data], { cwd: folder }).ended;
  const world = storageWorld(await loadRuntime(new URL("../../src/main.ts", import.meta.url).href), "argus bench");
  return ["bbo", "trade", "depth"].flatMap((name) => figuresOf(world, name, `${data}/binance/${name}/BTCUSDT/2024`));
}

function figuresOf(world: StorageWorld, name: string, folder: string): Figure[] {
  const type = eventTypeOf(name)!;
  const files = fs.readdirSync(folder).map((file) => new Uint8Array(fs.readFileSync(`${folder}/${file}`)));
  const tables = files.map((bytes) => decodeTable(type, bytes, endOf(world, bytes).metadata, world.compression));
  const count = tables.reduce((sum, table) => sum + unitsIn(table), 0);
  const unit = name === "depth" ? "level" : "row";
  const encode = fastest(() => tables.forEach((table) => newFileBytes(world, type, `binance/${name}/X`, table, Watermark.empty())));
  const decode = fastest(() => files.forEach((bytes) => decodeTable(type, bytes, endOf(world, bytes).metadata, world.compression)));
  return [
    { what: `captures: ${name}, rolled`, value: files.reduce((sum, { length }) => sum + length, 0) / count, unit: `B/${unit}` },
    { what: `captures: encode ${name}, warm`, value: count / encode, unit: `M ${unit}s/s/core` },
    { what: `captures: decode ${name}, warm`, value: count / decode, unit: `M ${unit}s/s/core` },
  ];
}

function endOf(world: StorageWorld, bytes: Uint8Array) {
  return fileEnd(world, bytesSource(bytes), bytes.length)!;
}

/** Rows, or the levels in them. */
function unitsIn({ rows, columns }: SealedTable): number {
  return columns.reduce((sum, column) => column.kind === "levels" ? sum + column.prices.length : sum, 0) || rows;
}

/** µs CPU of the fastest round: the others had company on the core. */
function fastest(run: () => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return best;
}
