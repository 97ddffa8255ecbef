/** The parts of a stream's path, `{source}/{data_type}/{symbol}`; the symbol is encoded, as it stands there. */
export function partsOf(path: string): { readonly source: string; readonly type: string; readonly symbol: string } {
  const [source, type, symbol] = path.split("/") as [string, string, string];
  return { source, type, symbol };
}
