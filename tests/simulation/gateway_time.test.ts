import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Agora } from "../../src/agora/agora.ts";
import { trade } from "../../src/events/trade.ts";
import { closePayload, type Frame, frameBytes, FrameParser, OPCODE } from "../../src/lib/websocket_frames.ts";
import { Gateway } from "../../src/processing/gateway/gateway.ts";
import { History } from "../../src/processing/pts/history.ts";
import { World } from "../../src/sim/world/world.ts";
import { GatewayHappenings } from "../../src/telemetry/gateway_happenings.ts";
import { Happenings } from "../../src/telemetry/happenings.ts";
import { Telemetry } from "../../src/telemetry/telemetry.ts";
import { tradeOf } from "../processing/gateway/gateway_scene.ts";
import { discontinuities, type Message } from "../processing/gateway/stream_client.ts";
import { real } from "./scene.ts";

const PORT = 8321;
const HEAD = `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${PORT}\r\n`;
const MASK = Uint8Array.of(1, 2, 3, 4);

/** A gateway on a virtual machine: what takes a minute takes none. */
async function scene() {
  const world = new World(real, { seed: 1 });
  const runtime = world.runtime("server");
  const telemetry = new Telemetry(runtime.clock, () => {});
  const agora = new Agora(runtime.timers);
  const gateway = new Gateway({
    runtime,
    agora,
    telemetry,
    happenings: new GatewayHappenings(telemetry),
    version: "test",
    history: new History(runtime, new Happenings(telemetry), { dataPath: "/data", memory: () => Promise.resolve({}) }),
    sources: () => [],
    storage: () => ({ dataPath: "/data", rowsBuffered: {}, rowsMerged: 0, bytesUnsaved: 0, diskFreeBytes: undefined }),
    admin: { flush: () => Promise.resolve(), bump() {}, bumpAll() {} },
  }, { host: "127.0.0.1", port: PORT, token: "", names: [] });
  await gateway.listen();
  const connect = () => {
    const heard = { text: "", closedMs: undefined as number | undefined, bytes: [] as Uint8Array[] };
    const client = world.host("server").loopback.connect(PORT, {
      data(bytes) {
        heard.text += new TextDecoder("latin1").decode(bytes);
        heard.bytes.push(bytes);
      },
      closed: () => heard.closedMs ??= world.nowMs,
    });
    return {
      heard,
      hold: client.hold,
      write: (data: string | Uint8Array) => client.write(typeof data === "string" ? new TextEncoder().encode(data) : data),
    };
  };
  return { world, agora, gateway, connect };
}

/** The frames of a WebSocket behind its handshake. */
function framesOf(bytes: readonly Uint8Array[]): Frame[] {
  const all = Buffer.concat(bytes);
  const frames: Frame[] = [];
  new FrameParser({ payloadBytesMax: 1 << 24, isMasked: false }).push(
    all.subarray(all.indexOf("\r\n\r\n") + 4),
    (frame) => frames.push(frame),
  );
  return frames;
}

const messagesOf = (frames: readonly Frame[]) =>
  frames.filter(({ opcode }) => opcode === OPCODE.text).map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as Message);

const UPGRADE = `GET /v1/stream?path=binance/trade/* HTTP/1.1\r\nHost: 127.0.0.1:${PORT}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

describe("time at the gateway", () => {
  it("a request half sent is answered 408 after ten seconds, one that never began is closed, an idle connection after a minute", async () => {
    const { world, connect } = await scene();
    const [half, mute, idle, slow] = [connect(), connect(), connect(), connect()];
    half.write(HEAD);
    idle.write(`${HEAD}\r\n`);
    for (const letter of `${HEAD}X: ${"y".repeat(40)}`) {
      slow.write(letter);
      await world.advance(100);
    }
    await world.advance(11_000 - 100 * (HEAD.length + 43));
    assert.match(half.heard.text, /^HTTP\/1\.1 408 /);
    assert.match(slow.heard.text, /^HTTP\/1\.1 408 /, "letter by letter is no way around it");
    for (const { heard } of [half, mute, slow]) assert.ok(heard.closedMs !== undefined && heard.closedMs <= 11_000, `${heard.closedMs}`);
    assert.match(idle.heard.text, /^HTTP\/1\.1 200 /);
    await world.advance(45_000);
    assert.equal(idle.heard.closedMs, undefined);
    idle.write(`${HEAD}\r\n`);
    await world.advance(55_000);
    assert.equal(idle.heard.text.split("HTTP/1.1 200").length, 3, "it was used again in between");
    await world.advance(10_000);
    assert.ok(idle.heard.closedMs !== undefined);
  });

  it("a silent stream lives for hours: comments keep one kind awake, pings the other, and who answers none is cut", async () => {
    const { world, agora, connect } = await scene();
    const [events, mute, good] = [connect(), connect(), connect()];
    events.write(`GET /v1/stream?path=binance/trade/* HTTP/1.1\r\nHost: 127.0.0.1:${PORT}\r\n\r\n`);
    mute.write(UPGRADE);
    good.write(UPGRADE);
    let answered = 0;
    for (let second = 0; second < 7_200; second += 5) {
      await world.advance(5_000);
      const pings = framesOf(good.heard.bytes).filter(({ opcode }) => opcode === OPCODE.ping).length;
      for (; answered < pings; answered++) good.write(frameBytes(OPCODE.pong, new Uint8Array(0), { mask: MASK }));
    }
    assert.ok(mute.heard.closedMs! <= 41_000, `${mute.heard.closedMs}`);
    assert.equal(events.heard.closedMs, undefined);
    assert.ok(events.heard.text.split(": \n\n").length > 1_400);
    assert.equal(good.heard.closedMs, undefined);
    const path = agora.open("binance/trade/A", trade);
    path.publish([tradeOf("A", 1)]);
    await world.advance(1_000);
    assert.match(events.heard.text, /data: \{"path":"binance\/trade\/A","seq":1,/);
    assert.equal(messagesOf(framesOf(good.heard.bytes)).at(-1)!.seq, 1);
  });

  it("a reader that stops for three seconds misses nothing, one that stops for a while is told, one that stays away is closed", async () => {
    const { world, agora, connect } = await scene();
    const path = agora.open("binance/trade/A", trade);
    const [brief, late, gone] = [connect(), connect(), connect()];
    for (const client of [brief, late, gone]) client.write(UPGRADE);
    let n = 0;
    const publish = async (seconds: number, perSecond: number) => {
      for (let i = 0; i < seconds * 10; i++) {
        for (let k = 0; k < perSecond / 10; k++) path.publish([tradeOf("A", ++n)]);
        await world.advance(100);
      }
    };
    await publish(1, 100);
    for (const client of [brief, late, gone]) client.hold(true);
    await publish(3, 300);
    brief.hold(false);
    await publish(5, 2_000);
    late.hold(false);
    await publish(30, 10);
    for (const [client, isTold] of [[brief, false], [late, true]] as const) {
      const messages = messagesOf(framesOf(client.heard.bytes));
      assert.deepEqual(discontinuities(messages), []);
      assert.equal(messages.at(-1)!.seq, n);
      assert.equal(messages.some(({ lagged }) => lagged !== undefined), isTold);
    }
    assert.ok(gone.heard.closedMs! < 25_000, `${gone.heard.closedMs}`);
  });

  it("a client that talks and never listens is cut before its answers pile up", async () => {
    const { world, connect } = await scene();
    const client = connect();
    client.write(UPGRADE);
    await world.advance(10);
    client.hold(true);
    let sent = 0;
    while (client.heard.closedMs === undefined && sent < 40_000) {
      for (let i = 0; i < 100; i++, sent++) client.write(frameBytes(OPCODE.ping, new Uint8Array(100), { mask: MASK }));
      await world.advance(10);
    }
    assert.ok(client.heard.closedMs !== undefined && sent < 15_000, `${sent} pings`);
  });

  it("a client that says goodbye is answered, and the server's end is said as 1001", async () => {
    const { world, gateway, connect } = await scene();
    const [leaving, staying] = [connect(), connect()];
    for (const client of [leaving, staying]) client.write(UPGRADE);
    await world.advance(10);
    leaving.write(frameBytes(OPCODE.close, closePayload(1000, "bye"), { mask: MASK }));
    await world.advance(10);
    assert.deepEqual([...framesOf(leaving.heard.bytes).at(-1)!.payload], [0x03, 0xe8]);
    assert.ok(leaving.heard.closedMs !== undefined);
    await world.runUntil(gateway[Symbol.asyncDispose](), 5_000);
    const { opcode, payload } = framesOf(staying.heard.bytes).at(-1)!;
    assert.deepEqual([opcode, payload[0], payload[1]], [OPCODE.close, 0x03, 0xe9]);
    assert.ok(staying.heard.closedMs !== undefined);
  });
});
