/** Whether this machine stores the first byte of a number last; files are little-endian everywhere. */
export const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The `length` numbers whose bytes begin at `offset`, in place. Overwrites them where the machine is big-endian. */
export function littleEndianNumbers(buffer: ArrayBuffer, offset: number, length: number): Float64Array {
  const numbers = new Float64Array(buffer, offset, length);
  if (isBigEndian) {
    const view = new DataView(buffer, offset, length * 8);
    for (let i = 0; i < length; i++) numbers[i] = view.getFloat64(8 * i, true);
  }
  return numbers;
}
