import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, HOST, numbers, scripted, worldOf } from "./support.ts";

test("a socket opens after two round trips and carries texts both ways, in order, whatever the jitter", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { world, script, runtime } = scripted(seed, { latencyMs: 40, jitterMs: 300, stallOneIn: 10, stallMs: 500 });
    const client = connect(runtime, `ws://${HOST}/stream?x=1`);
    await world.runUntil(() => client.log.length > 0, 10_000);
    assert.ok(world.nowMs >= 4 * 20, `${world.nowMs}`);
    const [server] = script.clients;
    assert.equal(server!.target, "/stream?x=1");
    assert.equal(server!.address, "recorder");
    for (const n of numbers(100)) {
      server!.peer.send(n);
      assert.ok(client.socket.send(n));
      await world.advance(seed);
    }
    await world.advance(3_000);
    assert.deepEqual(client.log, ["opened", ...numbers(100)]);
    assert.deepEqual(server!.heard.filter((each) => each !== "ping"), numbers(100));
  }
});

test("a frame sent with the acceptance arrives after it", async () => {
  const { world, script, runtime } = scripted();
  script.greet = ({ peer }) => void Promise.resolve().then(() => peer.send("at once"));
  const client = connect(runtime);
  await world.advance(1_000);
  assert.deepEqual(client.log, ["opened", "at once"]);
});

test("what is sent at one moment is one turn's input", async () => {
  const { world, script, runtime } = scripted();
  const turns: number[] = [];
  let frames = 0;
  runtime.sockets.connect(`ws://${HOST}/`, { connectTimeoutMs: 5_000, pingEveryMs: 5_000, silentAfterMs: 9_000, frameBytesMax: 100 }, {
    opened() {},
    frame() {
      if (frames++ % 10 === 0) runtime.timers.turn(() => turns.push(frames));
    },
    closed() {},
  });
  await world.advance(1_000);
  for (const n of numbers(10)) script.clients[0]!.peer.send(n);
  await world.advance(1_000);
  for (const n of numbers(10)) script.clients[0]!.peer.send(n);
  await world.advance(1_000);
  assert.deepEqual(turns, [10, 20]);
});

test("a refusal tells status and wait, and an unknown host is refused too", async () => {
  const { world, script, runtime } = scripted();
  script.refusal = { refuse: 429, retryAfterMs: 2_100, reason: "Too many" };
  const refused = connect(runtime);
  await world.advance(1_000);
  assert.deepEqual(refused.closing, { cause: "refused", status: 429, retryAfterMs: 3_000, detail: "handshake refused with 429" });
  world.network.refuse(HOST, { refuse: 403, reason: "No" });
  script.refusal = undefined;
  const forbidden = connect(runtime);
  await world.advance(1_000);
  assert.equal(forbidden.closing?.status, 403);
  world.network.refuse(HOST, undefined);
  const welcome = connect(runtime);
  const nobody = connect(runtime, "ws://nobody.sim/");
  const wrong = connect(runtime, "no url");
  assert.deepEqual(nobody.log, []);
  await world.advance(1_000);
  assert.deepEqual(welcome.log, ["opened"]);
  assert.deepEqual(nobody.log, ["closed refused"]);
  assert.deepEqual(wrong.log, ["closed error"]);
});

test("a server that does not answer is a timeout at the deadline, and its late answer is nobody's", async () => {
  const { world, script, runtime } = scripted();
  world.network.partition(HOST, true);
  const client = connect(runtime, undefined, { connectTimeoutMs: 3_000 });
  await world.advance(2_999);
  assert.deepEqual(client.log, []);
  await world.advance(2);
  assert.deepEqual(client.log, ["closed timeout"]);
  world.network.partition(HOST, false);
  await world.advance(5_000);
  assert.deepEqual(client.log, ["closed timeout"]);
  assert.equal(script.clients.length, 0);
});

test("our pings keep a quiet server alive, its pings are answered with their payload after what came before", async () => {
  const { world, script, runtime } = scripted();
  const client = connect(runtime, undefined, { pingEveryMs: 1_000, silentAfterMs: 3_000 });
  await world.advance(20_000);
  const [server] = script.clients;
  const pings = server!.heard.filter((each) => each === "ping").length;
  assert.ok(pings >= 10 && pings <= 20, `${pings} pings`);
  assert.deepEqual(client.log, ["opened"]);
  server!.peer.send("before");
  server!.peer.ping(Uint8Array.of(1, 2, 3));
  await world.runUntil(() => server!.heard.at(-1)!.startsWith("pong"), 1_000);
  assert.equal(server!.heard.at(-1), "pong 1,2,3");
  assert.deepEqual(client.log, ["opened", "before"]);
});

test("half-open: nothing flows and nobody is told, until our own deadline; let go, the server hears that we left", async () => {
  const { world, script, runtime } = scripted();
  const client = connect(runtime, undefined, { pingEveryMs: 1_000, silentAfterMs: 4_000 });
  await world.advance(1_000);
  const [server] = script.clients;
  world.network.partition(HOST, true);
  for (const n of numbers(5)) server!.peer.send(n);
  assert.ok(server!.peer.bufferedBytes() > 0);
  const heard = server!.heard.length;
  await world.advance(3_000);
  assert.deepEqual(client.log, ["opened"]);
  await world.advance(2_000);
  assert.deepEqual(client.log, ["opened", "closed stalled"]);
  assert.equal(server!.heard.length, heard);
  world.network.partition(HOST, false);
  await world.advance(1_000);
  assert.equal(server!.heard.at(-1), "closed cut client");
  assert.deepEqual(client.log, ["opened", "closed stalled"]);
});

test("a short interruption only delays", async () => {
  const { world, script, runtime } = scripted();
  const client = connect(runtime);
  await world.advance(1_000);
  world.network.partition(HOST, true);
  for (const n of numbers(5)) script.clients[0]!.peer.send(n);
  await world.advance(5_000);
  assert.deepEqual(client.log, ["opened"]);
  world.network.partition(HOST, false);
  await world.advance(1_000);
  assert.deepEqual(client.log, ["opened", ...numbers(5)]);
});

test("a cut is told to both ends; of what was under way a first part arrives, the rest never does", async () => {
  const arrived = new Set<number>();
  for (let seed = 1; seed <= 40; seed++) {
    const { world, script, runtime } = scripted(seed, { latencyMs: 200, jitterMs: 10 });
    const client = connect(runtime);
    await world.advance(2_000);
    const [server] = script.clients;
    server!.peer.send("early");
    await world.advance(1_000);
    for (const n of numbers(10)) {
      server!.peer.send(n);
      await world.advance(5);
    }
    assert.ok(world.network.cut(HOST, 0));
    server!.peer.send("into the void");
    await world.advance(1_000);
    const frames = client.log.slice(2, -1);
    assert.deepEqual(client.log.slice(0, 2), ["opened", "early"]);
    assert.deepEqual(frames, numbers(frames.length));
    assert.equal(client.log.at(-1), "closed error");
    assert.equal(server!.heard.at(-1), "closed cut client");
    assert.equal(client.socket.send("late"), false);
    arrived.add(frames.length);
  }
  assert.ok(arrived.has(0) && arrived.has(10) && arrived.size > 5, [...arrived].join());
});

test("terminate is told once, later, and nothing comes after it; the server hears all that was sent before", async () => {
  const { world, script, runtime } = scripted();
  const client = connect(runtime);
  await world.advance(1_000);
  const [server] = script.clients;
  for (const n of numbers(5)) {
    server!.peer.send(n);
    client.socket.send(n);
  }
  client.socket.terminate();
  client.socket.terminate();
  assert.deepEqual(client.log, ["opened"]);
  assert.equal(client.socket.send("late"), false);
  await world.advance(1_000);
  assert.deepEqual(client.log, ["opened", "closed terminated"]);
  assert.deepEqual(server!.heard, [...numbers(5), "closed cut client"]);
  const early = connect(runtime);
  early.socket.terminate();
  await world.advance(1_000);
  assert.deepEqual(early.log, ["closed terminated"]);
  assert.equal(script.clients.length, 1);
});

test("the server closes by handshake: all that came before arrived, it hears the answer, and both are told once", async () => {
  for (const [code, cause] of [[1001, "ended"], [1005, "ended"], [1006, "error"], [4004, "ended"]] as const) {
    const { world, script, runtime } = scripted();
    const client = connect(runtime);
    await world.advance(1_000);
    const [server] = script.clients;
    server!.peer.send("last");
    server!.peer.close(code, "");
    server!.peer.send("after");
    await world.advance(2_000);
    assert.deepEqual(client.log, ["opened", "last", `closed ${cause}`]);
    assert.deepEqual(server!.heard, ["closed handshake venue"]);
    if (cause === "ended") assert.equal(client.closing?.code, code);
  }
});

test("a server that resets, falls deaf, or closes into a dead line ends as the loopback one does", async () => {
  const { world, script, runtime } = scripted();
  const [reset, deaf, dead] = ["reset", "deaf", "dead"].map((name) => {
    const client = connect(runtime, `ws://${HOST}/${name}`);
    return { ...client, server: () => script.clients.find(({ target }) => target === `/${name}`)! };
  });
  await world.advance(1_000);
  reset!.server().peer.reset();
  assert.deepEqual(reset!.server().heard, ["closed cut venue"]);
  deaf!.server().peer.deafen?.("everything");
  deaf!.server().peer.send("unheard");
  await world.advance(1_000);
  assert.deepEqual(reset!.log, ["opened", "closed error"]);
  await world.advance(12_000);
  assert.deepEqual(deaf!.log, ["opened", "closed stalled"]);
  deaf!.server().peer.close(1001, "");
  assert.equal(deaf!.server().heard.at(-1), "closed cut client");
  assert.deepEqual(dead!.log, ["opened"]);
  world.network.partition(HOST, true);
  dead!.server().peer.close(1001, "");
  await world.advance(1_001);
  assert.equal(dead!.server().heard.at(-1), "closed cut venue");
});

test("a message that is too big ends the connection", async () => {
  const { world, script, runtime } = scripted();
  const client = connect(runtime, undefined, { frameBytesMax: 10 });
  await world.advance(1_000);
  script.clients[0]!.peer.send("0123456789");
  script.clients[0]!.peer.send("0123456789a");
  await world.advance(1_000);
  assert.deepEqual(client.log, ["opened", "0123456789", "closed too_big"]);
  assert.equal(script.clients[0]!.heard.at(-1), "closed cut client");
});

test("a killed program's sockets are reset; one whose power failed is missed only by its pongs", async () => {
  const { world, script, runtime } = scripted();
  const client = connect(runtime);
  connect(world.runtime("other"));
  await world.advance(1_000);
  world.host("recorder").kill();
  world.host("other").powerCut();
  await world.advance(1_000);
  const [killed, dark] = ["recorder", "other"].map((name) => script.clients.find(({ address }) => address === name));
  assert.deepEqual(killed!.heard, ["closed cut client"]);
  dark!.peer.ping(Uint8Array.of(1));
  await world.advance(100_000);
  assert.deepEqual(dark!.heard, []);
  assert.deepEqual(client.log, ["opened"]);
  connect(runtime); // of the dead program: nobody answers, nobody is asked
  await world.advance(20_000);
  assert.equal(script.clients.length, 2);
});

test("a paused program answers no ping until it goes on", async () => {
  const { world, script, runtime } = scripted();
  connect(runtime, undefined, { silentAfterMs: 60_000, pingEveryMs: 60_000 });
  await world.advance(1_000);
  world.host("recorder").pause(30_000);
  script.clients[0]!.peer.ping(Uint8Array.of(7));
  await world.advance(29_000);
  assert.deepEqual(script.clients[0]!.heard, []);
  await world.advance(2_000);
  assert.deepEqual(script.clients[0]!.heard, ["pong 7"]);
});

test("two connections have distances of their own", async () => {
  const { world, script, runtime } = scripted(3, { latencyMs: 500, jitterMs: 0 });
  const clients = [connect(runtime), connect(runtime), connect(runtime)];
  const openedMs: number[] = [];
  await world.runUntil(() => {
    if (clients.filter(({ log }) => log.length > 0).length > openedMs.length) openedMs.push(world.nowMs);
    return openedMs.length === 3;
  }, 10_000);
  assert.equal(new Set(openedMs.map(Math.round)).size, 3, openedMs.join());
  assert.equal(script.clients.length, 3);
});

test("nobody serves a name that was not served", () => {
  assert.throws(() => worldOf().network.cutAll("nobody.sim"), /nobody serves nobody\.sim/);
});
