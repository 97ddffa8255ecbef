/**
 * A crowd of clients of /v1/stream, in a process of its own: they join and leave at random, with random patterns, and each is checked as it
 * goes. `crowd.ts '{"url",…}'`. Lines on standard input: `phase 20` (from now on so many never read, and messages are counted anew), `end`
 * (nothing is sent any more). Then it prints what it found as JSON.
 */
import process from "node:process";
import { SeededRandom } from "../../../src/sim/world/seeded_random.ts";
import { CheckedClient, type Findings, NOBODYS } from "./checked_client.ts";
import { onLines } from "./lines.ts";
import { type Connection, neverReads, serverSentEvents, webSocket } from "./connections.ts";
import { type Known, Told } from "./told.ts";

export interface CrowdOptions {
  readonly url: string;
  readonly webSockets: number;
  readonly serverSentEvents: number;
  /** At the end, when nothing was told for so long there is nothing left to tell. */
  readonly quietMs: number;
  readonly seed: number;
  readonly toldFile: string;
  /** They stay, and all ask for this. */
  readonly pattern?: string;
}

export interface CrowdResult {
  readonly messages: number;
  readonly distinct: number;
  readonly clients: number;
  readonly joins: number;
  readonly lagged: number;
  readonly gaps: number;
  readonly errors: number;
  readonly problems: readonly string[];
  readonly phases: readonly Phase[];
  readonly cpuSeconds: number;
}

export interface Phase {
  readonly seconds: number;
  readonly messages: number;
}

const LOOK_MS = 1_000;
const LOOKS_LATE = 5;
const FORGOTTEN_MS = 60_000;
const PROBLEMS_SHOWN = 10;

const options = JSON.parse(process.argv[2]!) as CrowdOptions;
const { url, seed, pattern: fixed } = options;
const findings: Findings = {
  told: new Told(options.toldFile),
  problems: [],
  messages: 0,
  joins: 0,
  lagged: 0,
  gaps: 0,
  errors: 0,
};
const present = new Set<{ readonly client: CheckedClient; readonly connection: Connection }>();
const known: Known[] = [];
const symbols = await symbolsOf();
let clients = 0;
let isEnding = false;

const looking = setInterval(() => known.push(findings.told.newest()), LOOK_MS);
const runs = [
  live("everything", webSocket, new SeededRandom(seed, "everything"), "binance/*/*"),
  ...Array.from({ length: options.webSockets }, (_, i) => live(`ws${i}`, webSocket, new SeededRandom(seed, `ws${i}`), fixed)),
  ...Array.from(
    { length: options.serverSentEvents },
    (_, i) => live(`sse${i}`, serverSentEvents, new SeededRandom(seed, `sse${i}`), fixed),
  ),
];
const stalled: (() => void)[] = [];
const phases: Phase[] = [];
let phase: { readonly sinceMs: number; readonly messages: number } | undefined;

onLines((line) => {
  if (phase !== undefined) endPhase(phase);
  phase = { sinceMs: performance.now(), messages: findings.messages };
  if (line === "end") void end();
  else stall(Number(line.split(" ")[1]));
});

function stall(count: number): void {
  for (const stop of stalled.splice(count)) stop();
  while (stalled.length < count) stalled.push(neverReads(url, stalled.length % 2 === 0 ? "websocket" : "sse", "binance/*/*"));
}

function endPhase({ sinceMs, messages }: NonNullable<typeof phase>): void {
  phases.push({ seconds: Math.round((performance.now() - sinceMs) / 100) / 10, messages: findings.messages - messages });
}

/** Comes and goes until the end, then stays; one that was given its pattern stays all the time. */
async function live(name: string, connect: typeof webSocket, random: SeededRandom, stays: string | undefined): Promise<void> {
  if (stays === undefined) await wait(random.below(2_000));
  for (let life = 0; !isEnding; life++) {
    const client = new CheckedClient(`${name}.${life}`, findings);
    clients++;
    const connection = connect(url, stays === undefined ? patterns(random) : [stays], client);
    const one = { client, connection };
    present.add(one);
    const untilMs = performance.now() + (stays === undefined ? 500 + random.below(15_000) : Infinity);
    let isGone = false;
    void connection.over.then(() => isGone = true);
    while (!isGone && !isEnding && performance.now() < untilMs) {
      await wait(250);
      if (stays === undefined && random.below(8) === 0) changeMind(client, connection, random);
    }
    if (isEnding) return;
    if (isGone && !isEnding) findings.problems.push(`${client.name} was shown the door`);
    const then = known.at(-LOOKS_LATE);
    if (then !== undefined && client.isMuteSince(then.atMs)) await judgeMute(client, then);
    present.delete(one);
    connection.leave();
    await connection.over;
    await wait(random.below(1_500));
  }
}

/** A client that heard nothing for a while may be late, on a machine that does much else; one that goes on hearing nothing was forgotten. */
async function judgeMute(client: CheckedClient, then: Known): Promise<void> {
  const untilMs = performance.now() + FORGOTTEN_MS;
  while (!isEnding && client.isMuteSince(then.atMs)) {
    if (performance.now() > untilMs) return client.mustKnow(then, `${FORGOTTEN_MS / 1_000} s before it left`);
    await wait(250);
  }
}

/** Asks for one more, or leaves one. */
function changeMind(client: CheckedClient, connection: Connection, random: SeededRandom): void {
  if (!connection.canAsk() || client.isLeaving) return;
  const { ask } = connection;
  const [first, ...others] = client.patterns;
  if (others.length > 0 && random.below(2) === 0) {
    client.leaves(first!);
    ask("unsubscribe", [first!]);
    ask("subscribe", [NOBODYS]);
    ask("unsubscribe", [NOBODYS]);
    return;
  }
  const more = patterns(random).filter((each) => !client.patterns.includes(each));
  if (more.length === 0) return;
  client.asks(more);
  ask("subscribe", more);
}

function patterns(random: SeededRandom): string[] {
  const symbol = () => symbols[random.below(symbols.length)]!;
  const type = () => ["bbo", "trade", "depth"][random.below(3)]!;
  const roll = random.below(100);
  const chosen = roll < 40
    ? Array.from({ length: 1 + random.below(3) }, () => `binance/${type()}/${symbol()}`)
    : roll < 65
    ? [`binance/*/${symbol()}`]
    : roll < 80
    ? [`binance/${type()}/${symbol().slice(0, 2)}*`]
    : roll < 94
    ? [`*/${type()}/${symbol()}`, `binance/*/${symbol()}`, `binance/${type()}/*${symbol().slice(2)}`]
    : roll < 98
    ? [`binance/${type()}/*`]
    : ["**"];
  return [...new Set(chosen)];
}

/** Nothing is sent any more: whoever is there must have been told everything. */
async function end(): Promise<void> {
  isEnding = true;
  await Promise.all(runs.map((run) => Promise.race([run, wait(3_000)])));
  for (let before = -1; before !== findings.messages; await wait(options.quietMs)) before = findings.messages;
  const newest = findings.told.newest();
  for (const { client } of present) client.mustKnow(newest, "at the end");
  clearInterval(looking);
  for (const { connection } of present) connection.leave();
  for (const stop of stalled) stop();
  findings.told.close();
  const { problems, told, ...counts } = findings;
  const { user, system } = process.cpuUsage();
  const result: CrowdResult = {
    ...counts,
    distinct: told.distinct,
    clients,
    problems: problems.length === 0 ? [] : [`${problems.length} problems`, ...problems.slice(0, PROBLEMS_SHOWN)],
    phases,
    cpuSeconds: (user + system) / 1e6,
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

async function symbolsOf(): Promise<string[]> {
  const answer = await (await fetch(`${url}/v1/paths?prefix=binance/bbo/`)).json() as { paths: { path: string }[] };
  return answer.paths.map(({ path }) => path.split("/")[2]!);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
