import { StorageError } from "../../lib/errors.ts";
import { FREE_MIN } from "../../processing/storage/disk_room.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { bad, type Check, good, poor } from "./check.ts";

const MB = 1024 ** 2;
const GB = 1024 ** 3;
const DAY_BYTES = 10 * GB; // a whole exchange at 15,000 rows a second, about 8 bytes each; fewer symbols take less

/** Free space where the data path is, or will be. */
export const diskRoom: Check = ({ runtime, config }) => {
  try {
    const free = runtime.disk.freeBytes(nearestFolder(runtime.disk, config.dataPath));
    const says = `${free < GB ? `${Math.floor(free / MB)} MB` : `${(free / GB).toFixed(1)} GB`} free`;
    const todo = "Free space, or set data_path to a larger disk.";
    if (free < FREE_MIN.merge) {
      return bad("disk", `${says}; merging needs ${FREE_MIN.merge / MB} MB, a start ${FREE_MIN.seal / MB} MB`, todo);
    }
    if (free < DAY_BYTES) return poor("disk", `${says}; a day of a whole exchange takes about ${DAY_BYTES / GB} GB`, todo);
    return good("disk", says);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return poor("disk", error.message, "Whether there is room cannot be told: look yourself.");
  }
};

function nearestFolder(disk: Runtime["disk"], path: string): string {
  let folder = path;
  while (folder.includes("/") && !disk.exists(folder)) folder = folder.slice(0, folder.lastIndexOf("/")) || "/";
  return disk.exists(folder) ? folder : ".";
}
