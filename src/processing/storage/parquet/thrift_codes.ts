/** Numbers that Parquet's Thrift definition gives to what we write. */
export const CODES = {
  type: { BOOLEAN: 0, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6 } as Readonly<Record<string, number>>,
  encoding: { PLAIN: 0, RLE: 3, DELTA_BINARY_PACKED: 5, RLE_DICTIONARY: 8 } as Readonly<Record<string, number>>,
  repetition: { REQUIRED: 0, OPTIONAL: 1, REPEATED: 2 } as Readonly<Record<string, number>>,
  converted: { UTF8: 0, LIST: 3, TIMESTAMP_MICROS: 10 } as Readonly<Record<string, number>>,
  page: { dictionary: 2, dataV2: 3 },
  zstd: 6,
};
