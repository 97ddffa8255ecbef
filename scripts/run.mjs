// The npm commands. Plain Node, no dependency: it runs before anything is installed.
import { executable, installMissing, root } from "./install.mjs";
import { foreground } from "./children.mjs";

const commands = {
  start: (args) => foreground(executable("bun"), [`${root}/src/main.ts`, ...args], { cwd: process.env.INIT_CWD ?? root }),
  bench: (args) => foreground(executable("bun"), ["scripts/bench.ts", ...args]),
  test: async (args) => (await import("./test.mjs")).test(args),
  browser: async (args) => (await import("./test.mjs")).browser(args),
  check: async (args) => (await import("./test.mjs")).check(args),
  soak: async (args) => (await import("./soak.mjs")).soak(args),
  plants: async (args) => (await import("./plants.mjs")).plants(args),
  build: async (args) => (await import("./build.mjs")).build(args),
  demo: async (args) => (await import("./demo.mjs")).demo(args),
};

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`Unknown command ${name}. Commands: ${Object.keys(commands).join(", ")}.`);
  process.exit(2);
}
try {
  await installMissing();
  process.exitCode = await command(args);
} catch (error) {
  console.error(`npm run ${name}: ${error.message}`);
  process.exitCode = 1;
}
