import type { Cancel, HttpClient, HttpRequest, HttpResponse, Timers } from "./runtime.ts";
import { HttpError } from "../lib/errors.ts";

/** `fetch` with a deadline over the whole exchange, body included, and a limit on the body. */
export function httpClient(timers: Timers): HttpClient {
  return { request: (request) => exchange(timers, request) };
}

async function exchange(timers: Timers, request: HttpRequest): Promise<HttpResponse> {
  const ended = new AbortController();
  let isLate = false;
  const cancel: Cancel = timers.after(request.timeoutMs, () => {
    isLate = true;
    ended.abort();
  });
  const abort = () => ended.abort();
  request.signal?.addEventListener("abort", abort);
  if (request.signal?.aborted === true) abort();
  try {
    const response = await fetch(request.url, {
      method: request.method ?? "GET",
      redirect: "manual",
      signal: ended.signal,
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const body = await readBody(response, request, ended);
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  } catch (error) {
    if (error instanceof HttpError) throw error;
    if (isLate) throw new HttpError("timeout", `${request.url}: no whole answer within ${request.timeoutMs} ms`, { cause: error });
    if (request.signal?.aborted === true) throw new HttpError("aborted", `${request.url}: aborted`, { cause: error });
    throw new HttpError("network", `${request.url}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    cancel();
    request.signal?.removeEventListener("abort", abort);
  }
}

async function readBody(response: Response, request: HttpRequest, ended: AbortController): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > request.bodyBytesMax) {
      ended.abort(); // frees the connection: the rest of the body is not read
      throw new HttpError("too_big", `${request.url}: body is larger than ${request.bodyBytesMax} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
