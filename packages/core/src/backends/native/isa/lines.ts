/** Bytes of a line of the caches. */
const LINE = 64;

/** Acts on each line of so many bytes in a row, by the bytes that are before it. */
export function eachLine(bytes: number, act: (offset: number) => void): void {
  for (let offset = 0; offset < bytes; offset += LINE) act(offset);
}
