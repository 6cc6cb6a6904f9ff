/** Bytes of a cache line. */
const LINE = 64;

/** Calls `act` with the offset of each cache line in a stretch of `bytes`. */
export function eachLine(bytes: number, act: (offset: number) => void): void {
  for (let offset = 0; offset < bytes; offset += LINE) act(offset);
}
