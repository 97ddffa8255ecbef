/** One class a policy (see STYLE: DecodeError counts, StreamError reconnects, StorageError keeps the rows, ConfigError exits 2). */

/** One frame is not what its channel promises: counted, kept in quarantine, the stream goes on. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly reason: DecodeReason;
  constructor(reason: DecodeReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
export type DecodeReason = "json" | "shape" | "schema" | "number" | "unknown_stream" | "symbol";

/** A REST call failed: `status` where the venue answered, `retryAfterMs` where it said when. */
export class RestError extends Error {
  override readonly name = "RestError";
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, detail: { status?: number; retryAfterMs?: number } = {}, options?: ErrorOptions) {
    super(message, options);
    this.status = detail.status;
    this.retryAfterMs = detail.retryAfterMs;
  }
}

/** No whole HTTP answer came. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly cause_: "timeout" | "aborted" | "too_big" | "network";
  constructor(cause_: HttpError["cause_"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.cause_ = cause_;
  }
}

/** A file operation failed. `code` is the system's (`ENOSPC`, `EACCES`, …) or `storage` where it gave none. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly op: string;
  readonly path: string;
  readonly code: string;
  readonly hint: string;
  constructor(detail: { op: string; path: string; code: string; hint?: string }, options?: ErrorOptions) {
    super(`Cannot ${detail.op} ${detail.path}: ${detail.code}.${detail.hint ? ` ${detail.hint}` : ""}`, options);
    this.op = detail.op;
    this.path = detail.path;
    this.code = detail.code;
    this.hint = detail.hint ?? "";
  }
}

/** The user's input: exit 2 before any socket opens. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly key: string;
  readonly hint: string;
  constructor(key: string, message: string, hint = "") {
    super(hint === "" ? message : `${message} ${hint}`);
    this.key = key;
    this.hint = hint;
  }
}
