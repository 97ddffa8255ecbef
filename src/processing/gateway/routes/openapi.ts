import { jsonAnswer } from "../http/json_answer.ts";
import type { Route } from "../route.ts";

/** The table of routes, for machines. */
export function openApiRoute(version: string, routes: readonly Route[]): Route {
  const self: Route = {
    method: "GET",
    path: "/v1/openapi.json",
    summary: "This description",
    isOpen: true,
    answers: { 200: "OpenAPI 3.1" },
    run: () => jsonAnswer(document),
  };
  const document = {
    openapi: "3.1.0",
    info: { title: "Argus gateway", version, description: "What is published now, what was stored, and how the recorder fares." },
    paths: pathsOf([...routes, self]),
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  };
  return self;
}

function pathsOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, summary, parameters = [], answers, isOpen = false } of routes) {
    const rest = path.endsWith("{path}") ? [{ name: "path", in: "path", required: true, schema: { type: "string" } }] : [];
    (paths[path] ??= {})[method.toLowerCase()] = {
      summary,
      ...(isOpen ? {} : { security: [{}, { token: [] }] }),
      parameters: [
        ...rest,
        ...parameters.map(({ name, doc, isRequired = false }) => ({
          name,
          in: "query",
          required: isRequired,
          description: doc,
          schema: { type: "string" },
        })),
      ],
      responses: Object.fromEntries(Object.entries(answers).map(([status, description]) => [status, { description }])),
    };
  }
  return paths;
}
