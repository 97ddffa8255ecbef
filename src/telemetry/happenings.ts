import type { DecodeError } from "../lib/errors.ts";
import { partsOf } from "../lib/stream_path.ts";
import { isMilestone } from "./milestone.ts";
import type { StorageHappening } from "./storage_happening.ts";
import type { Telemetry } from "./telemetry.ts";

/**
 * One function for each thing that can happen: the log line and the counter are one call, so they never part.
 * ERROR = data was lost or a person is needed, WARN = recovered and nothing lost. Labels have bounded values.
 */
export class Happenings {
  readonly #telemetry: Telemetry;
  /** Who keeps a source's history as rows. */
  readonly #historians = new Map<string, (moment: Moment) => void>();
  readonly #symbolsInexact = new Set<string>();

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** Whoever keeps rows of a source's history hears of it here, from the same call that logs and counts. */
  listen(source: string, historian: (moment: Moment) => void): () => void {
    this.#historians.set(source, historian);
    return () => this.#historians.delete(source);
  }

  #tell(source: string, moment: Moment): void {
    this.#historians.get(source)?.(moment);
  }

  // ── sockets ──

  socketConnecting(source: string, worker: string, url: string): void {
    this.#telemetry.count("argus_connects_total", 1, { source });
    this.#telemetry.log("debug", "connecting", { source, worker, url });
    this.#tell(source, { event: "connect", worker, detail: url });
  }

  socketOpened(source: string, worker: string, streams: number): void {
    this.#telemetry.count("argus_sockets_opened_total", 1, { source });
    this.#telemetry.log("info", "socket open", { source, worker, streams });
    this.#tell(source, { event: "open", worker, detail: `${streams} streams` });
  }

  socketEnded(source: string, worker: string, end: { readonly cause: string; readonly detail: string; readonly code?: number }): void {
    const { cause, detail, code } = end;
    this.#telemetry.count("argus_sockets_ended_total", 1, { source, cause });
    this.#telemetry.log("warn", "socket ended by itself, replacing it", { source, worker, cause, detail });
    this.#tell(source, {
      event: cause === "stalled" ? "stall" : "close",
      worker,
      detail: `${cause}: ${detail}`,
      ...(code === undefined ? {} : { code }),
    });
  }

  /** We closed it: another one has taken its place, or the recorder stops. */
  socketClosed(source: string, worker: string): void {
    this.#telemetry.count("argus_sockets_closed_total", 1, { source });
    this.#telemetry.log("debug", "socket closed", { source, worker });
    this.#tell(source, { event: "close", worker, detail: "by us" });
  }

  shutdownNoticed(source: string, worker: string): void {
    this.#telemetry.count("argus_shutdown_notices_total", 1, { source });
    this.#telemetry.log("info", "venue announced a shutdown, replacing the socket", { source, worker });
    this.#tell(source, { event: "shutdown_notice", worker });
  }

  replaced(
    source: string,
    detail: { readonly lane: string; readonly reason: string; readonly worker: string; readonly joins: Readonly<Record<string, number>> },
  ): void {
    this.#telemetry.count("argus_rotations_total", 1, { source, reason: detail.reason });
    this.#telemetry.log("info", "worker in place", { source, ...detail });
    const joins = Object.entries(detail.joins).map(([outcome, count]) => `${count} ${outcome}`).join(", ");
    this.#tell(source, { event: "rotate", worker: detail.worker, detail: `${detail.lane}, ${detail.reason}: ${joins}` });
  }

  replacementFailed(
    source: string,
    detail: { readonly lane: string; readonly reason: string; readonly why: string; readonly waitMs: number },
  ): void {
    this.#telemetry.count("argus_rotations_failed_total", 1, { source });
    this.#telemetry.log("warn", "could not put a new worker in place, trying again", { source, ...detail });
  }

  /** The venue turns this address away; trying again soon would make it worse. */
  refused(source: string, status: number, waitMs: number): void {
    this.#telemetry.count("argus_refusals_total", 1, { source, status: String(status) });
    this.#telemetry.log("error", `venue refuses this address with ${status}; see docs/OPERATIONS.md, "Refused"`, {
      source,
      status,
      waitMs,
    });
    this.#tell(source, { event: "refused", code: status, detail: `waiting ${Math.round(waitMs / 1_000)} s` });
  }

  streamFailed(source: string, worker: string, stream: string, why: string): void {
    this.#telemetry.count("argus_streams_failed_total", 1, { source });
    this.#telemetry.log("error", "stream cannot be subscribed", { source, worker, stream, why });
  }

  /** The socket lives and brings nothing, for longer than it ever does. */
  socketStale(source: string, worker: string, silentMs: number): void {
    this.#telemetry.count("argus_sockets_stale_total", 1, { source });
    this.#telemetry.log("warn", "socket brings no data, replacing it", { source, worker, silentMs: Math.round(silentMs) });
    this.#tell(source, { event: "stall", worker, detail: `no data for ${Math.round(silentMs / 1_000)} s` });
  }

  /** Its events arrive later and later; another socket is fresh. */
  socketLags(source: string, worker: string, behindMs: number): void {
    this.#telemetry.count("argus_sockets_lagging_total", 1, { source });
    this.#telemetry.log("warn", "socket falls behind, replacing it", { source, worker, behindMs: Math.round(behindMs) });
    this.#tell(source, { event: "stall", worker, detail: `${(behindMs / 1_000).toFixed(1)} s behind` });
  }

  /** Far longer than it ever is, among lively ones. */
  streamSilent(source: string, worker: string, stream: string, silentMs: number): void {
    this.#telemetry.count("argus_streams_silent_total", 1, { source });
    const detail = `${stream} silent for ${Math.round(silentMs / 1_000)} s`;
    this.#telemetry.log("warn", "a stream fell silent among lively ones, replacing the socket", {
      source,
      worker,
      stream,
      silentMs: Math.round(silentMs),
    });
    this.#tell(source, { event: "stall", worker, detail });
  }

  venueError(source: string, worker: string, code: number | undefined, message: string): void {
    this.#telemetry.count("argus_venue_errors_total", 1, { source });
    this.#telemetry.log("warn", "venue answered with an error", { source, worker, code, message });
  }

  // ── frames ──

  frameQuarantined(source: string, worker: string, error: DecodeError, text: string): void {
    this.#telemetry.count("argus_frames_quarantined_total", 1, { source, reason: error.reason });
    if (!isMilestone(this.#telemetry.counter("argus_frames_quarantined_total", { source, reason: error.reason }))) return;
    this.#telemetry.log("error", "frame cannot be read, kept in quarantine", {
      source,
      worker,
      reason: error.reason,
      why: error.message,
      frame: text.slice(0, 120),
    });
  }

  /** DOUBLE cannot give the venue's digits back: counted, logged once a symbol, the frame kept. */
  inexactDecimals(source: string, symbol: string, count: number): void {
    this.#telemetry.count("argus_inexact_decimals_total", count, { source });
    if (this.#symbolsInexact.has(symbol)) return;
    this.#symbolsInexact.add(symbol);
    this.#telemetry.log("error", "a decimal does not survive DOUBLE; its frames are kept in quarantine", { source, symbol });
  }

  /** Times more than a day from now: the venue does not send the unit it was asked for, or somebody's clock is wrong. Stored as they came. */
  timesOff(source: string, count: number): void {
    this.#telemetry.count("argus_times_off_total", count, { source });
    this.#telemetry.log("error", "event times are more than a day from receive time; is the time unit right?", { source, count });
  }

  /** Values and fields the venue's documentation does not name: stored as null, and not stored. */
  undocumented(source: string, counts: { readonly values: number; readonly fields: number }): void {
    this.#telemetry.count("argus_unknown_values_total", counts.values, { source });
    this.#telemetry.count("argus_unknown_fields_total", counts.fields, { source });
    this.#telemetry.log("warn", "frames hold what the venue does not document", { source, ...counts });
  }

  /** Frames of known streams that are not written as their scanner knows them: parsed and checked instead, at ten times the CPU. */
  scansDeclined(source: string, count: number): void {
    this.#telemetry.count("argus_scans_declined_total", count, { source });
    this.#telemetry.log("warn", "frames are not written as the venue wrote them, reading them the slow way", { source, count });
  }

  frameIgnored(source: string, what: string): void {
    this.#telemetry.count("argus_frames_ignored_total", 1, { source });
    this.#telemetry.log("debug", "frame is no data", { source, what });
  }

  /** A hole no socket filled. ERROR: data was lost, even if not by us. Told at 1, 10, 100, …: a cut hits hundreds of streams at once. */
  gap(source: string, type: string, gap: { readonly path: string; readonly afterId: number; readonly beforeId: number }): void {
    this.#telemetry.count("argus_gaps_total", 1, { source, type });
    const count = this.#telemetry.counter("argus_gaps_total", { source, type });
    if (isMilestone(count)) this.#telemetry.log("error", "sequence gap; see its gap rows", { source, type, ...gap, count });
  }

  /** What became of a hole. WARN: it is filled, nothing is lost; ERROR: it is not, or not wholly. */
  healed(
    source: string,
    type: string,
    hole: {
      readonly path: string;
      readonly afterId: number;
      readonly beforeId: number;
      readonly outcome: "healed" | "unhealable";
      readonly rows: number;
      readonly why: string | undefined;
    },
  ): void {
    this.#telemetry.count("argus_rows_healed_total", hole.rows, { source, type });
    this.#telemetry.count("argus_gaps_settled_total", 1, { source, type, outcome: hole.outcome });
    const count = this.#telemetry.counter("argus_gaps_settled_total", { source, type, outcome: hole.outcome });
    if (!isMilestone(count)) return;
    if (hole.outcome === "healed") this.#telemetry.log("warn", "sequence gap healed", { ...hole, count });
    else this.#telemetry.log("error", "sequence gap cannot be healed", { ...hole, count });
  }

  /** A whole book could not be had: until the next one this stream cannot be rebuilt. */
  anchorFailed(source: string, path: string, why: string): void {
    this.#telemetry.count("argus_anchors_failed_total", 1, { source });
    this.#telemetry.log("error", "book cannot be fetched, trying again at the next interval", { source, path, why });
  }

  /** For a while no socket carried a path whose ids do not say whether anything was sent. */
  gapPossible(source: string, type: string, path: string): void {
    this.#telemetry.count("argus_gaps_possible_total", 1, { source, type });
    const count = this.#telemetry.counter("argus_gaps_possible_total", { source, type });
    if (isMilestone(count)) this.#telemetry.log("error", "a stream was without a socket; see its gap rows", { source, type, path, count });
  }

  /** Counts the copies that other sockets bring: asked for once a path, because it is called with nearly every event. */
  duplicates(source: string, type: string): () => void {
    return this.#telemetry.tally("argus_duplicates_total", { source, type });
  }

  // ── universe ──

  universe(
    source: string,
    detail: { readonly symbols: number; readonly streams: number; readonly listed: number; readonly delisted: number },
  ): void {
    this.#telemetry.log("info", "universe", { source, ...detail });
  }

  universeFailed(source: string, why: string, waitMs: number): void {
    this.#telemetry.count("argus_universe_failures_total", 1, { source });
    this.#telemetry.log("warn", "universe could not be read, keeping the one we have", { source, why, waitMs: Math.round(waitMs) });
  }

  /** Positive: the venue's clock is ahead of ours. WARN where times of ours and of the venue cannot be compared. */
  clockOffset(source: string, { offsetUs, errorUs }: { readonly offsetUs: number; readonly errorUs: number }): void {
    const detail = `${offsetUs < 0 ? "-" : "+"}${(Math.abs(offsetUs) / 1e6).toFixed(6)} s, within ${(errorUs / 1e6).toFixed(6)} s`;
    const level = Math.abs(offsetUs) - errorUs > CLOCK_OFFSET_US_MAX ? "warn" : "info";
    this.#telemetry.log(level, "the venue's clock against ours", { source, offset: detail });
    this.#telemetry.gauge("argus_clock_offset_seconds", offsetUs / 1e6, { source });
    this.#tell(source, { event: "clock_offset", detail, code: offsetUs });
  }

  clockUnknown(source: string, why: string): void {
    this.#telemetry.log("info", "the venue's clock could not be asked for", { source, why });
  }

  symbolRefused(source: string, symbol: string, why: string): void {
    this.#telemetry.count("argus_symbols_refused_total", 1, { source });
    this.#telemetry.log("error", "symbol cannot be recorded", { source, symbol, why });
  }

  // ── storage ──

  rowsSaved(type: string, rows: number): void {
    this.#telemetry.count("argus_rows_saved_total", rows, { type });
  }

  writeRefused(path: string, failure: { readonly op: string; readonly code: string; readonly hint: string }): void {
    this.#telemetry.count("argus_writes_refused_total", 1, { code: failure.code });
    this.#telemetry.log("warn", "disk refuses rows, keeping them in memory and trying again", { ...failure, path });
  }

  /** Nothing is lost while the recorder lives; a crash costs more than it should. */
  journalRefused(failure: { readonly op: string; readonly path: string; readonly code: string; readonly hint: string }): void {
    this.#telemetry.count("argus_journal_refusals_total", 1, { code: failure.code });
    this.#telemetry.log("error", "the journal cannot be written: a crash now would lose what no chunk holds; trying again", { ...failure });
  }

  journalHealed(): void {
    this.#telemetry.log("warn", "the journal is written again");
  }

  /** Rows of this recorder that survive a power cut, and the moment up to which they are everything. */
  committed(rows: number, time: number): void {
    if (rows !== this.#telemetry.counter("argus_rows_committed")) this.#telemetry.log("debug", "committed", { rows, through: time });
    this.#telemetry.gauge("argus_rows_committed", rows);
    this.#telemetry.gauge("argus_committed_seconds", time / 1e6);
  }

  /** What an earlier recorder had in its journal and nowhere else. */
  recovered({ segments, rows, damages, losses }: {
    readonly segments: number;
    readonly rows: number;
    readonly damages: number;
    readonly losses: readonly { readonly rows: number | undefined }[];
  }): void {
    if (segments === 0) return;
    this.#telemetry.count("argus_rows_recovered_total", rows);
    this.#telemetry.count("argus_journal_damages_total", damages);
    this.#telemetry.log("warn", "the last recorder was cut off; its journal is recovered", { segments, rows });
    if (damages === 0) return;
    const known = losses.reduce((sum, loss) => sum + (loss.rows ?? 0), 0);
    this.#telemetry.log("error", "the journal was damaged; what is lost is in gap rows", {
      places: damages,
      holes: losses.length,
      rows: known,
    });
  }

  threadDied(thread: string, reason: string): void {
    this.#telemetry.count("argus_threads_died_total", 1, { thread });
    this.#telemetry.log("error", "a thread ended, starting it again; see docs/OPERATIONS.md", { thread, reason });
  }

  storageNews(news: StorageHappening): void {
    switch (news.what) {
      case "merged":
        return this.#telemetry.count("argus_rows_merged_total", news.rows);
      case "recovered":
        this.#telemetry.count("argus_chunks_recovered_total", news.chunks);
        return this.#telemetry.log("info", "merging what an earlier recorder left under tmp/", { chunks: news.chunks });
      case "recovering":
        return this.#telemetry.log("info", "reading the journal", { segments: `${news.done} of ${news.of}` });
      case "merges_paused":
        this.#telemetry.count("argus_merges_paused_total");
        return this.#telemetry.log("error", "little room on the disk: merging waits, and rows stay under tmp/", {
          freeMb: Math.floor(news.freeBytes / 1024 ** 2),
        });
      case "merges_resumed":
        return this.#telemetry.log("warn", "there is room on the disk again: merging goes on");
      case "mended":
        this.#telemetry.count("argus_day_files_mended_total");
        return this.#telemetry.log("warn", "cut a torn end off a day file; its rows are merged again", { ...news });
      case "aside":
        this.#telemetry.count("argus_files_set_aside_total");
        this.#telemetry.log("error", "set a file aside that cannot be read", { path: news.path, why: news.why });
        if (news.day !== undefined) this.#tell(partsOf(news.day.path).source, { event: "damaged", ...news.day });
        return;
      case "merge_failed":
        this.#telemetry.count("argus_merges_failed_total", 1, { code: news.failure.code });
        return this.#telemetry.log("warn", "cannot merge into a day file; the rows wait under tmp/", { ...news.failure });
      case "rolled":
        this.#telemetry.count("argus_day_files_rolled_total");
        return this.#telemetry.log("info", "rolled a day file", { ...news });
      case "damaged":
        this.#telemetry.count("argus_day_files_damaged_total");
        return this.#telemetry.log("error", "a day file is damaged; it is left as it is", { path: news.path, why: news.why });
      case "roll_failed":
        this.#telemetry.count("argus_rolls_failed_total", 1, { code: news.failure.code });
        return this.#telemetry.log("warn", "cannot roll a day file; it stays as it is and is tried again", { ...news.failure });
    }
  }

  /** A restart would not know what was used up of the venue's limits. */
  budgetNotKept(source: string, why: string): void {
    this.#telemetry.count("argus_budgets_not_kept_total", 1, { source });
    if (!isMilestone(this.#telemetry.counter("argus_budgets_not_kept_total", { source }))) return;
    this.#telemetry.log("warn", "used-up limits cannot be kept for the next start", { source, why });
  }

  /** A frame could not even be kept; the stream goes on. */
  quarantineFailed(why: string): void {
    this.#telemetry.count("argus_quarantine_failures_total");
    if (!isMilestone(this.#telemetry.counter("argus_quarantine_failures_total"))) return;
    this.#telemetry.log("error", "a frame could not be kept in quarantine", { why });
  }
}

const CLOCK_OFFSET_US_MAX = 1_000_000; // a machine with NTP is within some milliseconds

/** A moment of a source's history, as `session` and `gap` rows keep it. */
export type Moment = SocketMoment | DamagedDay;

interface SocketMoment {
  readonly event: "connect" | "open" | "close" | "stall" | "rotate" | "shutdown_notice" | "refused" | "clock_offset";
  readonly worker?: string;
  readonly detail?: string;
  readonly code?: number;
}

/** Rows of a stream's day are only in a file that was found damaged: a `gap` row. */
export interface DamagedDay {
  readonly event: "damaged";
  /** Of the stream. */
  readonly path: string;
  readonly date: string;
}
