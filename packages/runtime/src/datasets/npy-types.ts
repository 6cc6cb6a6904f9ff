import { sharedArrays } from './dataset.ts';
import type { NumberType } from './number-file.ts';

const { uint8, int32, float32, float64 } = sharedArrays;

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

const kinds: Readonly<Record<string, readonly [allocate: NumberType['allocate'], bytes: number, read: Read]>> = {
  b1: [int32, 1, (view, at) => view.getUint8(at)],
  u1: [uint8, 1, (view, at) => view.getUint8(at)],
  u2: [int32, 2, (view, at, le) => view.getUint16(at, le)],
  u4: [float64, 4, (view, at, le) => view.getUint32(at, le)],
  u8: [float64, 8, (view, at, le) => Number(view.getBigUint64(at, le))],
  i1: [int32, 1, (view, at) => view.getInt8(at)],
  i2: [int32, 2, (view, at, le) => view.getInt16(at, le)],
  i4: [int32, 4, (view, at, le) => view.getInt32(at, le)],
  i8: [float64, 8, (view, at, le) => Number(view.getBigInt64(at, le))],
  f2: [float32, 2, (view, at, le) => half(view.getUint16(at, le))],
  f4: [float32, 4, (view, at, le) => view.getFloat32(at, le)],
  f8: [float64, 8, (view, at, le) => view.getFloat64(at, le)],
};

/** What an error lists. */
export const npyTypes = Object.keys(kinds).join(', ');

/** The number type behind a description such as '<f8', '>i4' or '|u1'; undefined for anything else. */
export function npyType(description: string): NumberType | undefined {
  const [, order, name] = /^([<>|])(\w+)$/.exec(description) ?? [];
  if (order === undefined || !Object.hasOwn(kinds, name)) return undefined;
  const [allocate, bytes, read] = kinds[name];
  if (order === '|' && bytes > 1) return undefined;
  const littleEndian = order !== '>';
  return { name: description, bytes, allocate, read: (view, at) => read(view, at, littleEndian) };
}

/** The number in 16 bits of IEEE 754: sign, 5 bits of exponent, 10 of fraction. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}
