/** A fraction that is a name's own, the same in every process: what happens once an interval to each of thousands is spread by it. */
export function fractionOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  return ((hash ^ hash >>> 13) >>> 0) / 2 ** 32;
}
