/** The number types of npy files, each with its size and its write method of DataView. */
export const npyEncodings = {
  b1: { bytes: 1, set: 'setUint8' },
  u1: { bytes: 1, set: 'setUint8' },
  u2: { bytes: 2, set: 'setUint16' },
  u4: { bytes: 4, set: 'setUint32' },
  i1: { bytes: 1, set: 'setInt8' },
  i2: { bytes: 2, set: 'setInt16' },
  i4: { bytes: 4, set: 'setInt32' },
  f4: { bytes: 4, set: 'setFloat32' },
  f8: { bytes: 8, set: 'setFloat64' },
  i8: { bytes: 8, set: 'setBigInt64' },
  u8: { bytes: 8, set: 'setBigUint64' },
} as const;

export type NpyTypeName = keyof typeof npyEncodings;

export interface NpyLayout {
  order?: '<' | '>';
  version?: 1 | 2 | 3;
  isColumnMajor?: boolean; // value in the header; `numbers` are written in the given order
}

/** An npy file like one from numpy.save, of `numbers` in the order of the file. */
export function encodeNpy(
  type: NpyTypeName,
  shape: readonly number[],
  numbers: readonly number[],
  { order = '<', version = 1, isColumnMajor = false }: NpyLayout = {},
): Buffer {
  const { bytes, set } = npyEncodings[type];
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const mark = bytes === 1 ? '|' : order;
  const fortran = isColumnMajor ? 'True' : 'False';
  const body = Buffer.alloc(bytes * numbers.length);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  for (const [i, value] of numbers.entries()) {
    if (set === 'setBigInt64' || set === 'setBigUint64') view[set](8 * i, BigInt(value), order === '<');
    else view[set](bytes * i, value, order === '<');
  }
  const header = `{'descr': '${mark}${type}', 'fortran_order': ${fortran}, 'shape': (${extents}), }`;
  return Buffer.concat([wrapHeader(header, version), body]);
}

/** A header with magic, version and length before it, and spaces after it up to a multiple of 64. */
export function wrapHeader(header: string, version = 1): Buffer {
  const lengthBytes = version === 1 ? 2 : 4;
  const text = `${header.padEnd(Math.ceil((header.length + 9 + lengthBytes) / 64) * 64 - 9 - lengthBytes)}\n`;
  const start = Buffer.alloc(8 + lengthBytes);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  start.writeUIntLE(text.length, 8, lengthBytes);
  return Buffer.concat([start, Buffer.from(text, 'latin1')]);
}
