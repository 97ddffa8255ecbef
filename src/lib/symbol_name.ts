/**
 * A venue's symbol as one path component, and back. Injective: upper case, then every byte outside `A-Z a-z 0-9 - _ .` (and a leading dot)
 * percent-encoded in UTF-8. `encodeURIComponent` is not used: it throws on lone surrogates and leaves `!'()*~` bare.
 */
export const SYMBOL_BYTES_MAX = 200; // one path component; file systems stop at 255

export function encodeSymbol(symbol: string): string {
  const bytes = new TextEncoder().encode(symbol.toUpperCase());
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    text += isPlain(byte) && !(i === 0 && byte === 0x2e)
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

export function decodeSymbol(component: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < component.length; i++) {
    if (component[i] === "%") {
      bytes.push(Number.parseInt(component.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(component.charCodeAt(i));
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(bytes)); // a first U+FEFF is part of the name
}

function isPlain(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d ||
    byte === 0x5f || byte === 0x2e;
}
