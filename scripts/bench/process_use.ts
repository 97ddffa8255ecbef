import * as fs from "node:fs";

const US_PER_TICK = 10_000;
const THREADS_TOLD = 4;

interface Look {
  readonly cpuUs: number;
  readonly writtenBytes: number;
  readonly threads: ReadonlyMap<string, number>;
}

/** What a running process uses, as Linux tells it. */
export class ProcessUse {
  readonly #folder: string;

  constructor(pid: number) {
    this.#folder = `/proc/${pid}`;
  }

  /** Until now. */
  get cpuUs(): number {
    return this.#look().cpuUs;
  }

  /** From now until `end`; threads by what they took, the busiest first: in a recorder the socket's, then the storage thread, then the journal's. */
  span() {
    const before = this.#look();
    return {
      end: () => {
        const after = this.#look();
        const threads = [...after.threads]
          .map(([id, cpuUs]) => ({ id, cpuUs: cpuUs - (before.threads.get(id) ?? 0) }))
          .sort((a, b) => b.cpuUs - a.cpuUs);
        return {
          cpuUs: after.cpuUs - before.cpuUs,
          writtenBytes: after.writtenBytes - before.writtenBytes,
          threads: threads.slice(0, THREADS_TOLD).map(({ id, cpuUs }) => ({ name: `thread ${id}`, cpuUs })),
        };
      },
      /** For a process that has ended since, and used so much in all. */
      endAt: (cpuUs: number) => cpuUs - before.cpuUs,
    };
  }

  #look(): Look {
    const threads = fs.readdirSync(`${this.#folder}/task`).map((id) => this.#cpuOf(`task/${id}`));
    return {
      cpuUs: this.#cpuOf("")[1],
      writtenBytes: Number(/^wchar: (\d+)/m.exec(fs.readFileSync(`${this.#folder}/io`, "utf8"))?.[1] ?? 0),
      threads: new Map(threads),
    };
  }

  /** Name and id, and µs of CPU, of the process or a thread of it. */
  #cpuOf(what: string): readonly [string, number] {
    const text = fs.readFileSync(`${this.#folder}/${what}/stat`, "utf8");
    const nameEnd = text.lastIndexOf(")");
    const fields = text.slice(nameEnd + 2).split(" ");
    return [
      `${text.slice(text.indexOf("(") + 1, nameEnd)} ${text.slice(0, text.indexOf(" "))}`,
      (Number(fields[11]) + Number(fields[12])) * US_PER_TICK,
    ];
  }
}
