/**
 * The port between Argus and the machine. Everything above `runtime/` is written against these interfaces and nothing else, which buys
 * both runtimes and a simulated world: `sim/` implements the same port with a virtual clock, network and disk.
 *
 * Units: `…Time` is µs since the epoch (UTC, wall clock), `…Ms` is milliseconds (monotonic clock).
 */
export interface Runtime {
  readonly name: "bun" | "deno" | "simulated";
  readonly version: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly sockets: Sockets;
  readonly http: HttpClient;
  readonly tcp: TcpListener;
  readonly disk: Disk;
  readonly compression: Compression;
  readonly threads: Threads;
  readonly process: Process;
}

export interface Clock {
  /** µs since the epoch, UTC. For stored times only; may step when the machine's clock is set. */
  wallTime(): number;
  /** Milliseconds with fraction from an arbitrary origin. Never steps: every duration and deadline uses it. */
  monotonicMs(): number;
}

/** Undoes what returned it. Calling it again, or after the fact, does nothing. */
export type Cancel = () => void;

export interface Timers {
  after(delayMs: number, run: () => void): Cancel;
  every(periodMs: number, run: () => void): Cancel;
  /** Runs once this turn of the event loop has delivered its input: the place where a batch ends. */
  turn(run: () => void): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  bytes(count: number): Uint8Array;
}

// ── sockets ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Sockets {
  /** Starts connecting and returns at once; everything that happens is told to `handler`. `closed` is called exactly once. */
  connect(url: string, options: ConnectOptions, handler: SocketHandler): Socket;
}

export interface ConnectOptions {
  /** From the call to `open`; past it the attempt is terminated with cause `timeout`. */
  readonly connectTimeoutMs: number;
  /** We send a ping after this long without anything inbound. */
  readonly pingEveryMs: number;
  /** Nothing inbound at all (data, ping or pong) for this long: terminated with cause `stalled`. */
  readonly silentAfterMs: number;
  /** A larger message terminates the connection with cause `too_big`. */
  readonly frameBytesMax: number;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
}

export interface SocketHandler {
  opened(): void;
  /** Called synchronously for each whole text (or UTF-8 binary) message, in order. Must not block. */
  frame(text: string): void;
  closed(closing: SocketClosed): void;
}

export interface Socket {
  readonly url: string;
  /** False when the socket is not open; nothing is queued then. */
  send(text: string): boolean;
  /** Ends the connection now and frees its descriptor, whatever the peer does. `closed` follows (cause `terminated`). */
  terminate(): void;
}

export interface SocketClosed {
  readonly cause: "refused" | "timeout" | "stalled" | "too_big" | "terminated" | "ended" | "error";
  /** The close frame's code, where one came. Never branch on it. */
  readonly code?: number;
  /** HTTP status of a refused handshake. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly detail: string;
}

// ── http client ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface HttpClient {
  /** Resolves for every status; rejects with `HttpError` when no whole answer came by the deadline. Redirects are not followed. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpRequest {
  readonly method?: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

// ── tcp server ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Plain TCP, because the venue simulator must be able to break the protocols above it. */
export interface TcpListener {
  listen(address: TcpAddress, accept: (connection: TcpConnection) => TcpHandler): Promise<TcpServer>;
}

export interface TcpAddress {
  readonly host: string;
  /** 0 = any that is free. */
  readonly port: number;
  /**
   * Of each connection, what the kernel takes that its peer has no room for: everything else shows in `bufferedBytes`. Where it cannot be
   * told (it can on Linux) that is some megabytes.
   */
  readonly unsentBytesMax?: number;
}

export interface TcpServer {
  readonly host: string;
  readonly port: number;
  /** Stops listening and resets every open connection. */
  close(): Promise<void>;
}

export interface TcpConnection {
  readonly peer: string;
  write(bytes: Uint8Array): void;
  /** Bytes accepted by `write` and not yet taken by the kernel. */
  bufferedBytes(): number;
  pause(): void;
  resume(): void;
  /** FIN after what was written. */
  end(): void;
  /** RST; what was not sent is dropped. */
  reset(): void;
}

export interface TcpHandler {
  data(bytes: Uint8Array): void;
  drained?(): void;
  closed(): void;
}

// ── disk ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Synchronous by measurement (faster, and an error is never detached from its call). Every failure throws `StorageError`. */
export interface Disk {
  open(path: string, mode: OpenMode): DiskFile;
  read(path: string): Uint8Array;
  /** For large inputs (captures): chunks of the file in order. */
  stream(path: string): ReadableStream<Uint8Array>;
  exists(path: string): boolean;
  stat(path: string): DiskStat | undefined;
  /** Entries sorted by name; an absent folder is empty. */
  list(path: string): DiskEntry[];
  /** Creates missing parents too and returns the folders it made, outermost first. */
  makeFolder(path: string): string[];
  rename(from: string, to: string): void;
  /** Removes a file; an absent one is fine. */
  remove(path: string): void;
  /** Removes an empty folder; anything else throws. */
  removeFolder(path: string): void;
  /** Makes renames and creations inside the folder durable. */
  syncFolder(path: string): void;
  /** Exclusive lock that dies with the process; `undefined` when someone else holds it. The file is created if absent. */
  lock(path: string): DiskLock | undefined;
  freeBytes(path: string): number;
}

/** `create` fails on an existing file; `update` opens an existing one for reading, appending and truncating. */
export type OpenMode = "read" | "create" | "update";

export interface DiskFile {
  readonly path: string;
  size(): number;
  /** Exactly `length` bytes, or StorageError. */
  readAt(offset: number, length: number): Uint8Array;
  /** Writes all of it at the end (short writes are completed); returns the offset it begins at. */
  append(bytes: Uint8Array): number;
  truncate(length: number): void;
  sync(): void;
  close(): void;
}

export interface DiskStat {
  readonly bytes: number;
  readonly isFolder: boolean;
  readonly inode: number;
  readonly modifiedTime: number;
}

export interface DiskEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

export interface DiskLock {
  /** Replaces the lock file's text: who holds it, for the one who is refused. */
  describe(text: string): void;
  release(): void;
}

// ── compression ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Compression {
  /** One frame with content size and content checksum. */
  zstd(bytes: Uint8Array, level: number): Uint8Array;
  /** Throws unless the frame is whole and gives exactly `length` bytes. */
  unzstd(bytes: Uint8Array, length: number): Uint8Array;
  gunzip(bytes: Uint8Array): Uint8Array;
  decoder(format: "gzip" | "zstd"): TransformStream<Uint8Array, Uint8Array>;
  /** With `previous`, the CRC of bytes that follow those of `previous`. */
  crc32(bytes: Uint8Array, previous?: number): number;
  /** Lower-case hex. */
  sha256(bytes: Uint8Array): string;
}

// ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Threads {
  /** Starts the named entry (`storage` is `src/storage_worker.ts`, and so on). Its life is watched by heartbeat: `died` is called once. */
  spawn(name: ThreadName, handler: ThreadHandler): Thread;
}

export type ThreadName = "storage" | "journal" | "history";

export interface Thread {
  /** A buffer in `transfer` moves: it is empty here afterwards. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  terminate(): void;
}

export interface ThreadHandler {
  message(message: unknown): void;
  died(reason: string): void;
}

/** The other side of a Thread: what an entry file gets. */
export interface ThreadPort {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  receive(handler: (message: unknown) => void): void;
}

// ── process ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Process {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly host: string;
  readonly platform: string;
  readonly folder: string;
  /** Of standard output. */
  readonly isTerminal: boolean;
  readonly isErrorTerminal: boolean;
  /** Everything on this machine is open to it. */
  readonly isRoot: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Resolves when the bytes are handed over; a closed reader resolves false. */
  write(target: "out" | "err", text: string): Promise<boolean>;
  /** Keys pressed on a terminal, one text each (`q`, `\u001b[A`), from now on unechoed; where input is no terminal there are none. */
  onKey(run: (key: string) => void): Cancel;
  /** TERM, INT and HUP. The handler replaces the default death. */
  onStop(run: (signal: string) => void): Cancel;
  /** Nothing catches an exception or rejection any more: seal and exit 1. */
  onFatal(run: (error: unknown) => void): void;
  exit(code: number): never;
  rssBytes(): number;
  /** User and system CPU time since start. */
  cpuMs(): number;
  /** Files and sockets it may have open at once; undefined where the system does not say. */
  openFilesMax(): number | undefined;
}
