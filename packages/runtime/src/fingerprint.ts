import { createHash } from 'node:crypto';
import { endianness } from 'node:os';

/** SHA-256 of the parameters as little-endian Float64, layer by layer, W [in, out] then b, in hexadecimal. */
export function fingerprint(parameters: Float64Array): string {
  const bytes = new Uint8Array(parameters.length * 8);
  bytes.set(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength));
  if (endianness() === 'BE') Buffer.from(bytes.buffer).swap64();
  return createHash('sha256').update(bytes).digest('hex');
}
