import type { Agora } from "../../agora/agora.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { GatewayHappenings } from "../../telemetry/gateway_happenings.ts";
import type { History } from "../pts/history.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";

/** What the gateway shows of the recorder around it. The composition fills it in: publishing knows neither sockets nor files. */
export interface GatewayWorld {
  readonly runtime: Runtime;
  readonly agora: Agora;
  readonly telemetry: Telemetry;
  readonly happenings: GatewayHappenings;
  readonly version: string;
  readonly history: History;
  sources(): readonly SourceState[];
  storage(): StorageState;
  readonly admin: Admin;
}

export interface SourceState {
  readonly id: string;
  readonly symbols: number;
  readonly streams: number;
  readonly sockets: number;
  /** Frames that were not written as the venue always writes them. */
  readonly scansDeclined: number;
  readonly undelivered: readonly string[];
  readonly workers: readonly {
    readonly id: string;
    readonly lane: string;
    readonly ageMs: number;
    /** Until it is replaced for its age. */
    readonly rotatesInMs: number;
    readonly streams: number;
  }[];
}

export interface StorageState {
  readonly dataPath: string;
  readonly rowsBuffered: Readonly<Record<string, number>>;
  readonly rowsMerged: number;
  readonly bytesUnsaved: number;
  readonly diskFreeBytes: number | undefined;
}

export interface Admin {
  /** Everything received so far is in day files when it resolves. Rejects with StorageError. */
  flush(): Promise<void>;
  /** From now on rows of that generation are accepted: of one path, or of all. */
  bump(path: string, hash: string): void;
  bumpAll(hash: string): void;
}
