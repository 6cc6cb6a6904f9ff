import { sha256 } from '@noble/hashes/sha2.js';
import { isBigEndian } from './little-endian.ts';

/** SHA-256 of bytes, or of numbers as little-endian Float64. */
export const sha256Of = (content: Uint8Array | Float64Array): Uint8Array =>
  sha256(content instanceof Uint8Array ? content : littleEndianBytes(content));

function littleEndianBytes(numbers: Float64Array): Uint8Array {
  if (!isBigEndian) return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const view = new DataView(new ArrayBuffer(numbers.byteLength));
  for (let i = 0; i < numbers.length; i++) view.setFloat64(8 * i, numbers[i], true);
  return new Uint8Array(view.buffer);
}
