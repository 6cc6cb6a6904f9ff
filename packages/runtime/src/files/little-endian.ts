import { endianness } from 'node:os';

const isBigEndian = endianness() === 'BE';

/** The bytes of `numbers`, little-endian: the very memory where the machine is, else a copy. */
export function littleEndianBytes(numbers: Float64Array): Uint8Array {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return isBigEndian ? Buffer.from(bytes).swap64() : bytes;
}

/** The `length` numbers whose little-endian bytes begin at `offset` of `buffer`, in place. Overwrites them where the machine is not. */
export function littleEndianNumbers(buffer: ArrayBuffer, offset: number, length: number): Float64Array {
  if (isBigEndian) Buffer.from(buffer, offset, length * 8).swap64();
  return new Float64Array(buffer, offset, length);
}
