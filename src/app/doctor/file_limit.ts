import { bad, type Check, good, poor } from "./check.ts";

const OWN = 256; // both runtimes keep some forty open; sockets in the middle of a rotation, day files being merged
const WITH_CLIENTS = OWN + 1_000; // the gateway's connections

/** Files and sockets the process may have open at once. */
export const fileLimit: Check = ({ runtime }) => {
  const max = runtime.process.openFilesMax();
  if (max === undefined) return good("file limit", "this system has none that could be asked for");
  const says = `${max === Infinity ? "unlimited" : max.toLocaleString("en-US")} open files allowed`;
  const todo = "Raise it: `ulimit -n 65536` in the shell, LimitNOFILE=65536 in the unit, nofile in /etc/security/limits.conf.";
  if (max < OWN) return bad("file limit", `${says}; a recorder needs ${OWN}`, todo);
  if (max < WITH_CLIENTS) return poor("file limit", `${says}; with as many clients as the gateway takes it needs ${WITH_CLIENTS}`, todo);
  return good("file limit", says);
};
