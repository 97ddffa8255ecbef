import type { BudgetStore } from "../network/budgets.ts";
import type { Disk } from "../runtime/runtime.ts";

/** A source's used-up limits as `{data_path}/tmp/budget/{source}.json`. Advisory: a torn or absent one costs nothing but its memory. */
export function budgetFile(disk: Disk, dataPath: string, source: string, failed: (error: unknown) => void): BudgetStore {
  const folder = `${dataPath}/tmp/budget`;
  const path = `${folder}/${source}.json`;
  const attempt = <T>(run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      failed(error);
      return undefined;
    }
  };
  return {
    load: () => attempt(() => disk.exists(path) ? new TextDecoder().decode(disk.read(path)) : undefined),
    save: (text) =>
      attempt(() => {
        disk.makeFolder(folder);
        disk.remove(path);
        const file = disk.open(path, "create");
        try {
          file.append(new TextEncoder().encode(text));
        } finally {
          file.close();
        }
      }),
  };
}
