/** The bytes of scratch as elements of so many bytes. */
export const elementsIn = (
  { buffer, byteOffset, byteLength }: Float64Array,
  bytes: number,
): Float64Array | Float32Array =>
  bytes === 8
    ? new Float64Array(buffer, byteOffset, byteLength / 8)
    : new Float32Array(buffer, byteOffset, byteLength / 4);
