import { listenParts } from "../config_schema.ts";
import { bad, type Check, good } from "./check.ts";

/** Can the gateway listen where it is told to? A recorder that runs already does. */
export const gatewayPort: Check = async ({ runtime, config, holder }) => {
  const { listen } = config.gateway;
  const address = listenParts(listen);
  if (address === undefined) return good("gateway", "off");
  if (holder !== undefined) return good("gateway", "left to the recorder that runs");
  try {
    const server = await runtime.tcp.listen(address, (connection) => {
      connection.reset();
      return { data() {}, closed() {} };
    });
    await server.close();
    return good("gateway", `${listen} is free`);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === undefined) throw error;
    const why = code === "EADDRINUSE"
      ? "something else listens there"
      : code === "EACCES"
      ? "this user may not listen there"
      : String(code);
    return bad("gateway", `${listen}: ${why}`, 'Say --listen 127.0.0.1:0 for any free port, another one, or "off".');
  }
};
