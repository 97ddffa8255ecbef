/** What each metric counts. Everything that is counted stands here, and the documentation shows this table; a test keeps both true. */
export interface Metric {
  readonly kind: "counter" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
}

function counter(help: string, ...labels: string[]): Metric {
  return { kind: "counter", help, labels };
}

function gauge(help: string, ...labels: string[]): Metric {
  return { kind: "gauge", help, labels };
}

export const METRICS: Readonly<Record<string, Metric>> = {
  argus_info: gauge("1; the labels say what runs", "runtime", "version"),
  argus_uptime_seconds: gauge("since the recorder began"),
  argus_resident_bytes: gauge("memory of the whole process"),
  argus_cpu_seconds_total: counter("user and system time of the whole process"),
  argus_ready: gauge("1 where every configured stream of the source is carried by a socket", "source"),
  argus_streams: gauge("streams that are recorded", "source"),
  argus_streams_undelivered: gauge("streams that no socket carries right now", "source"),
  argus_sockets: gauge("sockets in place", "source"),
  argus_socket_age_seconds_max: gauge("age of the oldest socket in place", "source"),
  argus_events_total: counter("events published", "source", "type"),
  argus_paths: gauge("open paths", "source", "type"),
  argus_events_per_second: gauge("mean over about ten seconds", "source", "type"),
  argus_lag_seconds_max: gauge("receive time less event time of the newest event, of the path where it is largest", "source", "type"),
  argus_path_events_total: counter("events published on a path; only for the symbols that /metrics?symbols=… asks for", "path"),
  argus_rows_buffered: gauge("rows in memory, not yet in a chunk", "type"),
  argus_bytes_unsaved: gauge("bytes of rows handed to the storage thread and not yet on disk"),
  argus_rows_committed: gauge("rows of this recorder that survive a power cut"),
  argus_committed_seconds: gauge("the moment up to which they are everything, since the epoch"),
  argus_journal_refusals_total: counter("times the disk refused the journal", "code"),
  argus_journal_damages_total: counter("places where an earlier recorder's journal was damaged"),
  argus_rows_recovered_total: counter("rows that were only in an earlier recorder's journal"),
  argus_takeovers_total: counter("times this recorder took over from another one, which left or was gone", "how"),
  argus_merges_paused_total: counter("times merging waited for room on the disk"),
  argus_disk_free_bytes: gauge("free space where the data path is"),
  argus_gateway_connections: gauge("open connections of the gateway"),
  argus_gateway_clients: gauge("clients of /v1/stream", "kind"),
  argus_gateway_requests_total: counter("requests answered", "route", "status"),
  argus_gateway_events_lagged_total: counter("events a slow client lost and was told of"),
  argus_gateway_refusals_total: counter("requests turned away at the door", "reason"),
  argus_connects_total: counter("sockets begun", "source"),
  argus_sockets_opened_total: counter("sockets opened", "source"),
  argus_sockets_ended_total: counter("sockets that ended by themselves", "source", "cause"),
  argus_sockets_closed_total: counter("sockets we closed", "source"),
  argus_sockets_stale_total: counter("sockets replaced because they brought nothing", "source"),
  argus_sockets_lagging_total: counter("sockets replaced because their events came later and later", "source"),
  argus_streams_silent_total: counter("sockets replaced because one stream of them fell silent", "source"),
  argus_streams_failed_total: counter("streams the venue refuses", "source"),
  argus_shutdown_notices_total: counter("shutdowns the venue announced", "source"),
  argus_rotations_total: counter("sockets replaced by make before break", "source", "reason"),
  argus_rotations_failed_total: counter("replacements that did not come about", "source"),
  argus_refusals_total: counter("handshakes the venue refused", "source", "status"),
  argus_clock_offset_seconds: gauge("how far the venue's clock is ahead of ours", "source"),
  argus_budgets_not_kept_total: counter("times used-up limits could not be kept for the next start", "source"),
  argus_venue_errors_total: counter("errors the venue answered with", "source"),
  argus_frames_quarantined_total: counter("frames that could not be read", "source", "reason"),
  argus_frames_ignored_total: counter("frames that are no data", "source"),
  argus_scans_declined_total: counter("frames that the fast scanner left to the parser", "source"),
  argus_quarantine_failures_total: counter("frames that could not even be kept"),
  argus_inexact_decimals_total: counter("decimals that DOUBLE does not give back", "source"),
  argus_times_off_total: counter("event times more than a day from receive time", "source"),
  argus_unknown_values_total: counter("values the venue does not document", "source"),
  argus_unknown_fields_total: counter("fields the venue does not document", "source"),
  argus_gaps_total: counter("holes the venue's numbers prove", "source", "type"),
  argus_gaps_possible_total: counter("times a stream was without a socket whose numbers prove nothing", "source", "type"),
  argus_gaps_settled_total: counter("what became of holes", "outcome", "source", "type"),
  argus_rows_healed_total: counter("rows fetched to fill holes", "source", "type"),
  argus_anchors_failed_total: counter("whole books that could not be had", "source"),
  argus_duplicates_total: counter("events that came on more than one socket", "source", "type"),
  argus_universe_failures_total: counter("times the universe could not be read", "source"),
  argus_symbols_refused_total: counter("symbols that cannot be recorded", "source"),
  argus_rows_saved_total: counter("rows that are on disk", "type"),
  argus_rows_merged_total: counter("rows that are in day files, those of an earlier process included"),
  argus_writes_refused_total: counter("times the disk refused rows", "code"),
  argus_merges_failed_total: counter("merges that are tried again", "code"),
  argus_chunks_recovered_total: counter("chunks an earlier recorder left"),
  argus_day_files_mended_total: counter("torn ends cut off"),
  argus_day_files_rolled_total: counter("day files packed harder after their day"),
  argus_rolls_failed_total: counter("day files that could not be", "code"),
  argus_day_files_damaged_total: counter("day files that were found damaged and left alone"),
  argus_files_set_aside_total: counter("files that cannot be read"),
  argus_threads_died_total: counter("threads that ended and were started again", "thread"),
};
