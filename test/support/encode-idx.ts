/** The number types of IDX by name, each with its code, its size and its write method of DataView. */
export const idxEncodings = {
  'unsigned byte': { code: 0x08, bytes: 1, set: 'setUint8' },
  'signed byte': { code: 0x09, bytes: 1, set: 'setInt8' },
  short: { code: 0x0b, bytes: 2, set: 'setInt16' },
  int: { code: 0x0c, bytes: 4, set: 'setInt32' },
  float: { code: 0x0d, bytes: 4, set: 'setFloat32' },
  double: { code: 0x0e, bytes: 8, set: 'setFloat64' },
} as const;

export type IdxTypeName = keyof typeof idxEncodings;

/** An IDX file of `numbers` in `shape`, row-major. */
export function encodeIdx(type: IdxTypeName, shape: readonly number[], numbers: readonly number[]): Buffer {
  const { code, bytes, set } = idxEncodings[type];
  const file = Buffer.alloc(4 + 4 * shape.length + bytes * numbers.length);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  file.set([0, 0, code, shape.length]);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  for (const [i, value] of numbers.entries()) view[set](4 + 4 * shape.length + bytes * i, value);
  return file;
}
