/** Fails in the way it is told to, under our handlers. */
import { loadRuntime } from "../../../src/runtime/load.ts";

const runtime = await loadRuntime(import.meta.url);
runtime.process.onFatal((error) => {
  void runtime.process.write("out", `sealed: ${(error as Error).message}\n`).then(() => runtime.process.exit(1));
});
runtime.timers.every(60_000, () => {});

const fail = () => {
  throw new Error("planned");
};
switch (runtime.process.args[0]) {
  case "rejection":
    void Promise.reject(new Error("planned"));
    break;
  case "timer":
    runtime.timers.after(1, fail);
    break;
  case "handler": {
    const server = await runtime.tcp.listen({ host: "127.0.0.1", port: 0 }, () => ({ data: fail, closed: () => {} }));
    void runtime.http.request({ url: `http://127.0.0.1:${server.port}/`, timeoutMs: 5_000, bodyBytesMax: 100 }).catch(() => {});
    break;
  }
}
