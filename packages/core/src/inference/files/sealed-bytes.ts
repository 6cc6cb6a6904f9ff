import { HASH_BYTES, type Sealed } from './container.ts';
import { sha256Of } from './sha256.ts';

/** The bytes of a file in memory; they are copied. `readAll` throws an Error that begins with `subject`. */
export function sealedBytes(subject: string, bytes: Uint8Array): Sealed {
  const size = bytes.length;
  return {
    size,
    peek(position, length) {
      const found = new Uint8Array(length);
      found.set(bytes.slice(position, position + length));
      return found;
    },
    readAll() {
      const whole = new Uint8Array(size);
      whole.set(bytes);
      const hash = sha256Of(new Uint8Array(whole.buffer, 0, size - HASH_BYTES));
      if (hash.every((byte, i) => byte === whole[size - HASH_BYTES + i])) return whole.buffer;
      throw new Error(`${subject} has a wrong checksum, expected the file as it was written (it is damaged)`);
    },
  };
}
