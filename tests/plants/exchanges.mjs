/** Bugs in reading the venue. `k` is the plant's number; `test` and `name` the cheapest test that must fail, `fails` what it must say. */
export default [
  {
    k: 7,
    bug: "price as float32",
    edits: [{
      file: "src/exchanges/binance/spot_trade.ts",
      text: "frame.decimal(payload.p)",
      instead: "Math.fround(frame.decimal(payload.p))",
    }],
    test: "tests/conformance/conformance.test.ts",
    name: "SRC-02",
    fails: /AssertionError|Property failed/,
  },
  {
    k: 8,
    bug: "an id through a JavaScript number",
    edits: [{
      file: "src/exchanges/binance/fields.ts",
      text: "export const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));",
      instead: "export const id = v.pipe(v.number(), v.minValue(0));",
    }],
    test: "tests/conformance/conformance.test.ts",
    name: "SRC-05",
    fails: /= 9007199254740993 gives/,
  },
  {
    k: 21,
    bug: "a symbol is not encoded",
    edits: [{
      file: "src/network/binding.ts",
      text: "const component = encodeSymbol(instrument.symbol);",
      instead: "encodeSymbol(instrument.symbol);\n    const component = instrument.symbol;",
    }],
    test: "tests/network/binding.test.ts",
    fails: /AssertionError|Property failed/,
  },
  {
    k: 22,
    bug: "takes an address outside loopback without a token",
    edits: [{
      file: "src/app/config.ts",
      text: 'if (!isLoopback(listen.value as string) && token === "") {',
      instead: 'if (!isLoopback(listen.value as string) && token === "none") {',
    }],
    test: "tests/app/config.test.ts",
    name: "refuses an address outside loopback",
    fails: /AssertionError/,
  },
  {
    k: 38,
    bug: "an empty side of the book is a price of 0",
    edits: [{
      file: "src/exchanges/binance/spot_bbo.ts",
      text: "return price === 0 && size === 0 ? EMPTY : { price, size };",
      instead: "return price === 0 && size < 0 ? EMPTY : { price, size };",
    }],
    test: "tests/exchanges/binance/channels.test.ts",
    name: "with one side empty",
    fails: /AssertionError/,
  },
  {
    k: 39,
    bug: "a window cut elsewhere is called a hole",
    edits: [{ file: "src/exchanges/binance/spot_depth.ts", text: "next[0] <= previous[1] + 1", instead: "next[0] === previous[1] + 1" }],
    test: "tests/exchanges/binance/channels.test.ts",
    name: "follows when it begins in what we have",
    fails: /AssertionError/,
  },
  {
    k: 40,
    bug: "a payload is believed to be of the stream it came on",
    edits: [{ file: "src/exchanges/codec.ts", text: "} else if (known.symbol !== symbol) {", instead: '} else if (symbol === "") {' }],
    test: "tests/conformance/conformance.test.ts",
    name: "SRC-05",
    fails: /with symbol/,
  },
];
