import { depth } from "../../events/depth.ts";
import { unreachable } from "../../lib/assert.ts";
import { concatBytes } from "../../lib/bytes.ts";
import { StorageError } from "../../lib/errors.ts";
import type { Runtime, ThreadPort } from "../../runtime/runtime.ts";
import { storageWorld } from "../storage/day_file.ts";
import { asOfJson, completenessJson, lacksJson } from "./answer_json.ts";
import { Completeness } from "./completeness.ts";
import { type Renderer, rendererOf } from "./formats.ts";
import type { FromHistory, ToHistory } from "./history_messages.ts";
import { HistoryReader } from "./history_reader.ts";
import type { Slice } from "./range.ts";

/**
 * The history thread: reads files and renders answers, one piece after the other, away from the sockets and from what writes. While nobody
 * asks it keeps books of the day that was asked about last.
 */
export function serveHistory(runtime: Runtime, port: ThreadPort): void {
  const thread = new HistoryThread(runtime, (message, transfer) => port.post(message, transfer));
  port.receive((message) => thread.receive(message as ToHistory));
}

const SURVEY_MS = 10; // a moment of the past is answered within 20

interface Reading {
  readonly slices: Generator<Slice>;
  readonly renderer: Renderer;
  hasBegun: boolean;
}

type Post = (message: FromHistory, transfer?: readonly ArrayBuffer[]) => void;

class HistoryThread {
  readonly #runtime: Runtime;
  readonly #post: Post;
  readonly #readings = new Map<number, Reading>();
  readonly #readers = new Map<string, HistoryReader>();
  readonly #surveyors = new Map<string, Completeness>();
  readonly #surveys = new Map<number, ReturnType<Completeness["survey"]>>();
  readonly #jobs: ToHistory[] = [];
  #ahead: Generator<void> | undefined;
  #isRunning = false;

  constructor(runtime: Runtime, post: Post) {
    this.#runtime = runtime;
    this.#post = post;
  }

  receive(message: ToHistory): void {
    this.#jobs.push(message);
    if (!this.#isRunning) this.#run();
  }

  /** One job a turn, in the order they came: whoever reads a whole day takes turns with who asks for one moment. */
  #run(): void {
    const job = this.#jobs.shift();
    this.#isRunning = job !== undefined || this.#ahead !== undefined;
    if (!this.#isRunning) return;
    if (job === undefined) this.#goAhead();
    else {
      try {
        this.#do(job);
      } catch (error) {
        this.#failed(job, error);
      }
    }
    this.#runtime.timers.turn(() => this.#run());
  }

  #goAhead(): void {
    try {
      if (this.#ahead?.next().done === true) this.#ahead = undefined;
    } catch {
      this.#ahead = undefined; // whoever asks about what cannot be read hears of it
    }
  }

  #do(job: ToHistory): void {
    switch (job.kind) {
      case "as_of": {
        const reader = this.#reader(job.dataPath);
        const answer = reader.asOf(job.path, job.at, job.present, job.levels);
        if (answer.type.name === depth.name) {
          this.#ahead?.return(undefined);
          this.#ahead = reader.booksAhead(job.path, job.at, job.present);
        }
        return this.#post({ kind: "answer", request: job.request, text: asOfJson(job.path, job.at, answer) });
      }
      case "events": {
        const { type, lacks, slices } = this.#reader(job.dataPath).events(job.path, job.from, job.to, job.limit, job.present);
        const renderer = rendererOf(job.format, type, job.path, this.#runtime.compression);
        this.#readings.set(job.request, { slices, renderer, hasBegun: false });
        return this.#post({ kind: "begun", request: job.request, lacks: `{${lacksJson(lacks)}}` });
      }
      case "completeness":
        return this.#survey(job);
      case "next":
        return this.#next(job.request);
      case "close":
        return this.#close(job.request);
      default:
        return unreachable(job);
    }
  }

  #next(request: number): void {
    const reading = this.#readings.get(request);
    if (reading === undefined) return;
    const { slices, renderer, hasBegun } = reading;
    reading.hasBegun = true;
    const { done, value } = slices.next();
    const pieces = [...(hasBegun ? [] : [renderer.begin()]), done === true ? renderer.end() : renderer.slice(value)];
    if (done === true) this.#readings.delete(request);
    const bytes = concatBytes(pieces);
    this.#post({ kind: "piece", request, bytes, isLast: done === true }, [bytes.buffer]);
  }

  /** A little of it, then the others have their turn. */
  #survey(job: Extract<ToHistory, { kind: "completeness" }>): void {
    const { clock } = this.#runtime;
    const survey = this.#surveys.get(job.request) ?? this.#completeness(job.dataPath).survey(job.now, job.days);
    this.#surveys.set(job.request, survey);
    const untilMs = clock.monotonicMs() + SURVEY_MS;
    for (let step = survey.next();; step = survey.next()) {
      if (step.done === true) {
        this.#surveys.delete(job.request);
        return this.#post({ kind: "answer", request: job.request, text: completenessJson(job.now, step.value) });
      }
      if (clock.monotonicMs() >= untilMs) return void this.#jobs.push(job);
    }
  }

  #close(request: number): void {
    this.#surveys.delete(request);
    this.#readings.get(request)?.slices.return(undefined);
    this.#readings.delete(request);
  }

  /** A refusal of the disk, or a file that is broken, is an answer; the next question may be about another file. */
  #failed({ request }: ToHistory, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof StorageError ? error.hint : "argus verify says what is wrong with which file.";
    this.#post({ kind: "failed", request, message, hint });
    this.#close(request);
  }

  #completeness(dataPath: string): Completeness {
    let surveyor = this.#surveyors.get(dataPath);
    if (surveyor === undefined) this.#surveyors.set(dataPath, surveyor = new Completeness(storageWorld(this.#runtime, ""), dataPath));
    return surveyor;
  }

  #reader(dataPath: string): HistoryReader {
    let reader = this.#readers.get(dataPath);
    if (reader === undefined) this.#readers.set(dataPath, reader = new HistoryReader(this.#runtime, dataPath));
    return reader;
  }
}
