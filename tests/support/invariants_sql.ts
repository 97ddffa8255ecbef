import type { Invariant } from "./invariants.ts";

export const JUDGED_TYPES = ["trade", "bbo", "depth"] as const;
export type JudgedType = typeof JUDGED_TYPES[number];

/** Where a row lies in its stream, and what it says. Levels are lists of pairs on both sides. */
const SHAPES: Readonly<
  Record<JudgedType, { readonly first: string; readonly last: string; readonly values: Readonly<Record<string, string>> }>
> = {
  trade: { first: "trade_id", last: "trade_id", values: { price: "DOUBLE", size: "DOUBLE", side: "VARCHAR" } },
  bbo: {
    first: "update_id",
    last: "update_id",
    values: { bid_price: "DOUBLE", bid_size: "DOUBLE", ask_price: "DOUBLE", ask_size: "DOUBLE" },
  },
  depth: { first: "first_update_id", last: "last_update_id", values: { bids: "DOUBLE[][]", asks: "DOUBLE[][]" } },
};

const GAP_COLUMNS = {
  source: "VARCHAR",
  symbol: "VARCHAR",
  data_type: "VARCHAR",
  after_id: "BIGINT",
  before_id: "BIGINT",
  to_time: "TIMESTAMP",
  reason: "VARCHAR",
  outcome: "VARCHAR",
  filename: "VARCHAR",
  file_row_number: "BIGINT",
};

/** The ledger's events of a type. */
export function ledgerSql(type: JudgedType, file: string): string {
  const columns = {
    source: "VARCHAR",
    symbol: "VARCHAR",
    first: "BIGINT",
    last: "BIGINT",
    event_us: "BIGINT",
    must: "BOOLEAN",
    ...SHAPES[type].values,
  };
  return `SELECT * FROM read_json(${file}, format = 'newline_delimited', columns = ${struct(columns)})`;
}

/** The rows of a type in the order they stand in; empty, with the same columns, where there is no file. */
export function recordedSql(type: JudgedType | "gap", files: string | undefined): string {
  const from = files === undefined ? undefined : `read_parquet(${files}, filename = true, file_row_number = true, union_by_name = true)`;
  if (type === "gap") return from === undefined ? none(GAP_COLUMNS) : `SELECT ${Object.keys(GAP_COLUMNS).join(", ")} FROM ${from}`;
  const { first, last, values } = SHAPES[type];
  if (from === undefined) {
    return none({
      source: "VARCHAR",
      symbol: "VARCHAR",
      origin: "VARCHAR",
      recv_time: "TIMESTAMP",
      first: "BIGINT",
      last: "BIGINT",
      event_us: "BIGINT",
      filename: "VARCHAR",
      file_row_number: "BIGINT",
      ...values,
    });
  }
  const said = Object.entries(values).map(([name, kind]) =>
    kind === "DOUBLE[][]" ? `list_transform(${name}, lambda level: [level.price, level.size]) AS ${name}` : name
  );
  return `SELECT source, symbol, origin, recv_time, ${first} AS first, ${last} AS last, epoch_us(event_time) AS event_us, filename,
    file_row_number, ${said.join(", ")} FROM ${from}`;
}

/** Each returns a number that must be 0; those without a name prepare the next. `ledger`, `stored` and `gaps` are there. */
export function violations(type: JudgedType, isCutShort: boolean): { readonly name?: Invariant; readonly query: string }[] {
  const said = [...Object.keys(SHAPES[type].values), "event_us"];
  const same = said.map((name) => `r.${name} IS NOT DISTINCT FROM l.${name}`).join(" AND ");
  const key = (a: string, b: string) =>
    `(${a}.source, ${a}.symbol, ${a}.first, ${a}.last) = (${b}.source, ${b}.symbol, ${b}.first, ${b}.last)`;
  const stream = (a: string, b: string) => `(${a}.source, ${a}.symbol) = (${b}.source, ${b}.symbol)`;
  const isCovered = `EXISTS (FROM spans s WHERE ${stream("s", "l")} AND s.first <= l.first AND l.last <= s.last)`;
  const isFollowed = isCutShort ? `EXISTS (FROM rec r WHERE ${stream("r", "m")} AND r.last > m.last)` : "true";
  return [
    { query: `CREATE OR REPLACE TABLE rec AS FROM stored WHERE origin <> 'snapshot'` },
    // Runs of numbers without a hole; where ids only rise, every row is one.
    {
      query: `CREATE OR REPLACE TABLE spans AS
        WITH steps AS (SELECT *, max(last) OVER (PARTITION BY source, symbol ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach FROM rec),
        marks AS (SELECT *, sum(CASE WHEN reach IS NULL OR first > reach + ${type === "bbo" ? 0 : 1} OR ${type === "bbo"} THEN 1 ELSE 0 END)
          OVER (PARTITION BY source, symbol ORDER BY first, last) AS run FROM steps)
        SELECT source, symbol, min(first) AS first, max(last) AS last FROM marks GROUP BY source, symbol, run`,
    },
    { query: `CREATE OR REPLACE TABLE missing AS FROM ledger l WHERE NOT ${isCovered}` },
    // A hole is told when it is seen and again when it is settled: the last word counts. One without a left edge begins at the row before it.
    {
      query: `CREATE OR REPLACE TABLE holes AS SELECT * REPLACE (
          coalesce(after_id, (SELECT max(r.last) FROM rec r WHERE ${stream("r", "g")} AND r.last < g.before_id), -1) AS after_id)
        FROM (FROM gaps WHERE data_type = '${type}'
          QUALIFY row_number() OVER (PARTITION BY source, symbol, after_id, before_id ORDER BY filename DESC, file_row_number DESC) = 1) g`,
    },
    { name: "I1", query: `SELECT count(*) FROM rec r ANTI JOIN ledger l ON ${key("r", "l")} WHERE r.origin <> 'heal'` },
    // Nobody was sent what was fetched, so it has to lie in a hole that was told.
    {
      name: "I1",
      query: `SELECT count(*) FROM rec r WHERE r.origin = 'heal' AND NOT EXISTS
        (FROM gaps g WHERE ${stream("g", "r")} AND g.data_type = '${type}' AND r.first > g.after_id AND r.last < g.before_id)`,
    },
    {
      name: "I2",
      query: `SELECT count(*) FROM rec r SEMI JOIN ledger k ON ${key("r", "k")} WHERE r.origin <> 'heal' AND NOT EXISTS
        (FROM ledger l WHERE ${key("r", "l")} AND ${same})`,
    },
    {
      name: "I3",
      query: `SELECT coalesce(sum(c - 1), 0) FROM (SELECT count(*) AS c FROM rec GROUP BY source, symbol, first, last HAVING c > 1)`,
    },
    { name: "I4", query: `SELECT count(*) FROM missing WHERE must` },
    {
      name: "I5",
      query: `SELECT count(*) FROM missing m WHERE ${isFollowed} AND NOT EXISTS (FROM holes g
        WHERE g.outcome <> 'healed' AND ${stream("g", "m")} AND m.last > g.after_id AND m.first < g.before_id)`,
    },
    {
      name: "wolf",
      query: `SELECT count(*) FROM holes g WHERE g.reason = 'sequence' AND g.outcome <> 'healed' AND EXISTS
        (FROM spans s WHERE ${stream("s", "g")} AND s.first <= g.after_id AND g.before_id <= s.last)`,
    },
    {
      name: "anchor",
      query: `SELECT count(*) FROM holes g WHERE g.outcome = 'resnapshot' AND NOT EXISTS
        (FROM stored b WHERE b.origin = 'snapshot' AND ${stream("b", "g")} AND b.last >= g.before_id - 1)`,
    },
    {
      name: "I6",
      query: `SELECT count(*) FROM (SELECT last <= lag(last) OVER (PARTITION BY source, symbol ORDER BY filename, file_row_number) AS bad
        FROM rec WHERE origin = 'live') WHERE bad`,
    },
  ];
}

/** I7, of every type: the file's date is the UTC date of `recv_time`, its folders are what the row says. */
export function misplacedRows(files: string): string {
  return `SELECT count(*) FROM (SELECT recv_time, source, symbol, regexp_extract(filename,
      '([^/]+)/([^/]+)/([^/]+)/([0-9]{4})/([0-9-]{10})\\.pq$', ['source', 'type', 'symbol', 'year', 'date']) AS path
      FROM read_parquet(${files}, filename = true, union_by_name = true))
    WHERE strftime(make_timestamp(epoch_us(recv_time)), '%Y-%m-%d') <> path.date OR left(path.date, 4) <> path.year
      OR path.source <> source OR url_decode(path.symbol) <> symbol`;
}

function struct(columns: Readonly<Record<string, string>>): string {
  return `{${Object.entries(columns).map(([name, kind]) => `${name}: '${kind}'`).join(", ")}}`;
}

function none(columns: Readonly<Record<string, string>>): string {
  return `SELECT ${Object.entries(columns).map(([name, kind]) => `NULL::${kind} AS ${name}`).join(", ")} WHERE false`;
}
