import type { ConnectionView, Control } from "../dialect.ts";
import { isStreamName } from "./dialect_names.ts";

/** `{"code":2,"msg":"…","id":7}` as documented, or `{"error":{"code":2,"msg":"…"},"id":7}` as seen on the wire. */
export type ErrorShape = "flat" | "nested";

const METHODS = ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"];
const ID_CHARS_MAX = 36;
const PROPERTY = "combined";

/** An id as JSON text: it comes back digit by digit, also beyond 2^53. */
type IdText = string;
interface Request {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The digits of `id`, where it is a number. */
  readonly idDigits: string | undefined;
}

/** Live subscribing: the five methods and their error codes 0 to 3. An acknowledgement says nothing about the streams' existence. */
export function control(text: string, connection: ConnectionView, shape: ErrorShape): Control {
  let id: IdText | undefined;
  try {
    const request = parse(text);
    id = idOf(request);
    return perform(request.fields, id, connection);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const detail = JSON.stringify({ code: error.code, msg: error.message });
    const body = shape === "flat" ? detail.slice(1, -1) : `"error":${detail}`;
    return { reply: id === undefined ? `{${body}}` : `{${body},"id":${id}}` };
  }
}

function perform(request: Request["fields"], id: IdText, connection: ConnectionView): Control {
  const { method } = request;
  if (method === undefined) throw new Refusal(2, "Invalid request: missing field `method`");
  switch (method) {
    case "SUBSCRIBE":
      return { reply: reply(null, id), subscribe: streamsOf(request) };
    case "UNSUBSCRIBE":
      return { reply: reply(null, id), unsubscribe: streamsOf(request) };
    case "LIST_SUBSCRIPTIONS":
      paramsOf(request, 0);
      return { reply: reply([...connection.streams], id) };
    case "GET_PROPERTY":
      checkProperty(paramsOf(request, 1)[0]);
      return { reply: reply(connection.isCombined, id) };
    case "SET_PROPERTY": {
      const [name, value] = paramsOf(request, 2);
      checkProperty(name);
      if (typeof value !== "boolean") throw new Refusal(1, "Invalid value type: expected Boolean");
      return { reply: reply(null, id), isCombined: value };
    }
    default:
      throw new Refusal(
        2,
        `Invalid request: unknown variant \`${String(method)}\`, expected one of ${METHODS.map((each) => `\`${each}\``).join(", ")}`,
      );
  }
}

function streamsOf(request: Request["fields"]): string[] {
  const { params } = request;
  if (!Array.isArray(params)) throw new Refusal(2, "Invalid request: missing field `params`");
  for (const name of params) if (typeof name !== "string" || !isStreamName(name)) throw new Refusal(2, "Invalid request: invalid stream");
  return params;
}

function paramsOf(request: Request["fields"], count: number): unknown[] {
  const params = request["params"] ?? [];
  if (!Array.isArray(params)) throw new Refusal(2, "Invalid request: params must be a list");
  if (params.length > count) throw new Refusal(2, "Invalid request: too many parameters");
  return params;
}

function checkProperty(name: unknown): void {
  if (typeof name !== "string") throw new Refusal(2, "Invalid request: property name must be a string");
  if (name !== PROPERTY) throw new Refusal(0, "Unknown property");
}

function parse(text: string): Request {
  let value: unknown;
  const digits = new Map<unknown, string>();
  try {
    value = JSON.parse(text, keepDigits(digits));
  } catch {
    throw new Refusal(3, "Invalid JSON: expected value at line 1 column 1");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal(2, "Invalid request: expected an object");
  return { fields: value as Record<string, unknown>, idDigits: digits.get(value) };
}

/** Notes the text of each number called `id`, by the object it stands in. */
function keepDigits(digits: Map<unknown, string>): (key: string, value: unknown) => unknown {
  function reviver(this: unknown, key: string, value: unknown, context?: { readonly source?: string }): unknown {
    if (key === "id" && typeof value === "number" && context?.source !== undefined) digits.set(this, context.source);
    return value;
  }
  return reviver;
}

/** A signed 64-bit integer, an alphanumeric string of at most 36 characters (or a UUID), or null. */
function idOf({ fields: { id }, idDigits }: Request): IdText {
  if (id === null) return "null";
  if (idDigits !== undefined && /^-?\d{1,19}$/.test(idDigits) && BigInt.asIntN(64, BigInt(idDigits)) === BigInt(idDigits)) return idDigits;
  if (typeof id === "string" && id.length <= ID_CHARS_MAX && /^[A-Za-z0-9_-]*$/.test(id)) return JSON.stringify(id);
  throw new Refusal(2, `Invalid request: ${id === undefined ? "missing field `id`" : "request ID must be an integer, a string or null"}`);
}

function reply(result: unknown, id: IdText): string {
  return `{"result":${JSON.stringify(result)},"id":${id}}`;
}

class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
