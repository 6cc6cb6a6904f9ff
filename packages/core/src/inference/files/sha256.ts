import { sha256 } from '@noble/hashes/sha2.js';
import type { Elements } from '../../math/element-type.ts';
import { isBigEndian } from './little-endian.ts';

/** SHA-256 of bytes, or of numbers in their own type, little-endian. */
export const sha256Of = (content: Uint8Array | Elements): Uint8Array =>
  sha256(content instanceof Uint8Array ? content : littleEndianBytes(content));

/** Bytes as two hexadecimal digits each. */
export const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function littleEndianBytes(numbers: Elements): Uint8Array {
  if (!isBigEndian) return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const view = new DataView(new ArrayBuffer(numbers.byteLength));
  for (let i = 0; i < numbers.length; i++) {
    if (numbers instanceof Float64Array) view.setFloat64(8 * i, numbers[i], true);
    else view.setFloat32(4 * i, numbers[i], true);
  }
  return new Uint8Array(view.buffer);
}
