import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wallClock } from "../../src/runtime/wall_clock.ts";

/** A machine whose clocks a test sets: true time in µs, and the step of the wall clock. */
class Machine {
  trueUs = 1_700_000_000_000_400;
  stepUs = 0;
  readonly clock = wallClock(() => Math.floor((this.trueUs + this.stepUs) / 1_000), () => this.trueUs / 1_000 - 1_600_000_000_000);
}

describe("the wall clock", () => {
  it("gives µs below the tick of Date.now, within a millisecond of the truth, and never backwards", () => {
    const machine = new Machine();
    let previous = 0;
    for (let i = 0; i < 10_000; i++) {
      const time = machine.clock.wallTime();
      assert.ok(Math.abs(time - machine.trueUs) <= 1_000);
      assert.ok(time >= previous);
      previous = time;
      machine.trueUs += 37;
    }
    assert.ok(Math.abs(previous - machine.trueUs) <= 100, "the phase was learnt");
  });

  it("follows a clock that is set, forwards and back", () => {
    const machine = new Machine();
    for (const stepUs of [3 * 3_600e6, -3_600e6, 2_500, 0]) {
      machine.stepUs = stepUs;
      machine.trueUs += 10_000;
      assert.ok(Math.abs(machine.clock.wallTime() - machine.trueUs - stepUs) <= 1_000);
    }
  });

  it("looks at Date.now once a millisecond, however often it is asked, and so follows a clock that is set within one", () => {
    let us = 7_000_000;
    let stepUs = 0;
    let looks = 0;
    const clock = wallClock(() => {
      looks++;
      return Math.floor((us + stepUs) / 1_000);
    }, () => us / 1_000);
    clock.wallTime();
    looks = 0;
    for (let i = 0; i < 1_000; i++) {
      us += 10;
      clock.wallTime();
    }
    assert.ok(looks <= 2 * 10, `${looks} looks in 10 ms`);
    stepUs = 3_600e6;
    us += 1_000;
    assert.ok(Math.abs(clock.wallTime() - us - stepUs) <= 1_000);
  });

  it("does not take a pause between its two reads for a step", () => {
    let us = 5_000_000;
    let pauseUs = 0;
    const clock = wallClock(() => Math.floor(us / 1_000), () => {
      us += pauseUs;
      pauseUs = 0;
      return us / 1_000;
    });
    clock.wallTime();
    us += 500;
    pauseUs = 20_000;
    const time = clock.wallTime();
    assert.ok(time <= us && us - time <= 1_000, `${us - time}`);
  });
});
