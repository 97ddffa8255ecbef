import type { Answer, Exchange } from "./http/exchange.ts";
import { errorAnswer } from "./http/json_answer.ts";

export interface Parameter {
  readonly name: string;
  readonly doc: string;
  readonly isRequired?: boolean;
}

/** One thing that can be asked for. The table of them is what the router follows and what /v1/openapi.json and the documentation show. */
export interface Route {
  readonly method: "GET" | "POST";
  /** A last `{path}` takes the rest. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  /** Says nothing worth a token. */
  readonly isOpen?: boolean;
  /** What comes back, by status. */
  readonly answers: Readonly<Record<number, string>>;
  run(asked: Asked): Promise<Answer> | Answer;
}

export interface Asked extends Exchange {
  /** What stands for `{path}`, as it was sent. */
  readonly rest: string;
}

/** What is asked for cannot be had: thrown anywhere below a route, answered as it says. */
export class AskError extends Error {
  override readonly name = "AskError";
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  constructor(status: number, code: string, message: string, hint = "") {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }

  answer(): Response {
    return errorAnswer(this.status, this.code, this.message, this.hint);
  }
}

const REST = "{path}";

/** The rest behind a route's fixed part, or undefined where the path is not the route's. */
export function restOf(route: Pick<Route, "path">, path: string): string | undefined {
  if (!route.path.endsWith(REST)) return path === route.path ? "" : undefined;
  const fixed = route.path.slice(0, -REST.length);
  return path.startsWith(fixed) && path.length > fixed.length ? path.slice(fixed.length) : undefined;
}
