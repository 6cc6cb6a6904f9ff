import { endianness } from 'node:os';

type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** The bytes of `numbers`, little-endian: the same memory on little-endian machines, else a copy. */
export function littleEndianBytes(numbers: Numbers): Uint8Array {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  if (endianness() === 'LE' || numbers.BYTES_PER_ELEMENT === 1) return bytes;
  const copy = Buffer.from(bytes);
  if (numbers.BYTES_PER_ELEMENT === 2) return copy.swap16();
  return numbers.BYTES_PER_ELEMENT === 4 ? copy.swap32() : copy.swap64();
}
