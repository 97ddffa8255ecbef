import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DecodeError } from "../../../src/lib/errors.ts";
import { binanceSpot } from "../support.ts";

const { classify } = binanceSpot;

describe("a frame of the venue", () => {
  it("with an error is an error flat or nested, with its id and code where it has them", () => {
    const cases = [
      ['{"code":2,"msg":"Invalid request: invalid stream","id":7}', 7, 2, "Invalid request: invalid stream"],
      ['{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":7}', 7, 2, "Invalid request: invalid stream"],
      ['{"error":{"code":3,"msg":"Invalid JSON"},"id":null}', undefined, 3, "Invalid JSON"],
      ['{"code":3,"msg":"Invalid JSON"}', undefined, 3, "Invalid JSON"],
      ['{"error":{"code":2},"id":7}', 7, 2, "no message: null"],
      ['{"error":"Too many requests","id":7}', 7, undefined, "Too many requests"],
      ['{"error":{"code":"2","msg":["a"]}}', undefined, undefined, 'no message: ["a"]'],
    ] as const;
    for (const [text, id, code, message] of cases) assert.deepEqual(classify(text), { kind: "error", id, code, message }, text);
  });

  it("that answers a request is an acknowledgement of that id, whatever the result", () => {
    assert.deepEqual(classify('{"result":null,"id":7}'), { kind: "ack", id: 7 });
    assert.deepEqual(classify('{"result":["a@trade"],"id":9}'), { kind: "ack", id: 9 });
  });

  it("that answers no request of ours is neither an acknowledgement nor an error", () => {
    for (const id of ["null", '"a1"']) assert.equal(classify(`{"result":null,"id":${id}}`).kind, "other");
    assert.equal(classify('{"result":null}').kind, "other");
  });

  it("that is a REST snapshot, as captures hold, is told apart from damage", () => {
    const found = classify('{"lastUpdateId":50093239218,"bids":[["61837.63000000","3.78826000"]],"asks":[]}');
    assert.deepEqual(found, { kind: "other", what: "a REST snapshot without a symbol" });
  });

  it("that announces a shutdown does so raw or combined", () => {
    assert.deepEqual(classify('{"e":"serverShutdown","E":1795000000000}'), { kind: "shutdown" });
    assert.deepEqual(classify('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1795000000000}}'), { kind: "shutdown" });
  });

  it("is data for any stream name and any payload: the codec judges those", () => {
    assert.deepEqual(classify('{"data":null,"stream":"x"}'), { kind: "data", stream: "x", data: null });
  });

  it("is nothing else", () => {
    for (const text of ["", "{", "null", "[]", "1", '"a"', "{}", '{"stream":"x"}', '{"data":{}}', '{"id":7}', '{"lastUpdateId":1}']) {
      assert.throws(() => classify(text), DecodeError, text);
    }
  });
});

describe("subscribe frames", () => {
  it("are few: 1,024 streams of usual length go in eight", () => {
    const streams = Array.from({ length: 1_024 }, (_, i) => `coin${String(i).padStart(4, "0")}usdt@bookTicker`);
    const frames = binanceSpot.subscribe(streams, 1);
    assert.equal(frames.length, 8); // 26 bytes each
    assert.deepEqual(JSON.parse(frames[0]!.text), { method: "SUBSCRIBE", params: frames[0]!.streams, id: 1 });
    assert.equal(JSON.parse(binanceSpot.unsubscribe(streams, 5)[1]!.text).method, "UNSUBSCRIBE");
  });

  it("measure bytes, not characters", () => {
    const streams = Array.from({ length: 400 }, (_, i) => `这是测试币${i}@depth@100ms`);
    for (const { text } of binanceSpot.subscribe(streams, 1)) assert(new TextEncoder().encode(text).length <= 3_500);
  });

  it("of no stream are none", () => assert.deepEqual(binanceSpot.subscribe([], 1), []));
});
