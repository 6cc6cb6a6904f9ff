import { refuseBeyondRoom } from '../system/memory/memory-room.ts';

/** Stored numbers in memory that threads share. */
export type DataArray =
  | Uint8Array<SharedArrayBuffer>
  | Uint16Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Float32Array<SharedArrayBuffer>
  | Float64Array<SharedArrayBuffer>;

/**
 * Allocates shared arrays of zeros, by number type.
 * @throws RoomError if there is no memory for them; otherwise the system would end the process when they are touched.
 */
export const sharedArrays = {
  uint8: (length: number) => new Uint8Array(sharedBytes(length)),
  uint16: (length: number) => new Uint16Array(sharedBytes(length * 2)),
  int32: (length: number) => new Int32Array(sharedBytes(length * 4)),
  float32: (length: number) => new Float32Array(sharedBytes(length * 4)),
  float64: (length: number) => new Float64Array(sharedBytes(length * 8)),
};

function sharedBytes(bytes: number): SharedArrayBuffer {
  refuseBeyondRoom(bytes);
  return new SharedArrayBuffer(bytes);
}

/** Allocates a shared array of the type of `array`. */
export function sharedArrayLike(array: DataArray, length: number): DataArray {
  if (array instanceof Uint8Array) return sharedArrays.uint8(length);
  if (array instanceof Uint16Array) return sharedArrays.uint16(length);
  if (array instanceof Int32Array) return sharedArrays.int32(length);
  if (array instanceof Float32Array) return sharedArrays.float32(length);
  return sharedArrays.float64(length);
}

export interface NumberType {
  readonly name: string;
  readonly bytes: number;
  /**
   * Allocates the `DataArray` that numbers of this type are stored in: unsigned bytes as they are, other integers of up
   * to 32 bits as int32 if they fit, larger ones as float64 (exact up to 2⁵³), f2 as float32.
   */
  allocate(length: number): DataArray;
  /** Reads the number at byte `at`. */
  read(view: DataView, at: number): number;
}

const { uint8, int32, float32, float64 } = sharedArrays;

/** The number types of IDX, by their code in the header. [LeCun, Cortes, Burges](http://yann.lecun.com/exdb/mnist/) */
export const idxTypes: ReadonlyMap<number, NumberType> = new Map([
  [0x08, { name: 'unsigned byte', bytes: 1, allocate: uint8, read: (view: DataView, at: number) => view.getUint8(at) }],
  [0x09, { name: 'signed byte', bytes: 1, allocate: int32, read: (view: DataView, at: number) => view.getInt8(at) }],
  [0x0b, { name: 'short', bytes: 2, allocate: int32, read: (view: DataView, at: number) => view.getInt16(at) }],
  [0x0c, { name: 'int', bytes: 4, allocate: int32, read: (view: DataView, at: number) => view.getInt32(at) }],
  [0x0d, { name: 'float', bytes: 4, allocate: float32, read: (view: DataView, at: number) => view.getFloat32(at) }],
  [0x0e, { name: 'double', bytes: 8, allocate: float64, read: (view: DataView, at: number) => view.getFloat64(at) }],
]);

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

/** The number types of NumPy that can be read, for error messages. */
export const npyTypes = Object.keys(kinds).join(', ');

/** The number type of a description such as '<f8', '>i4' or '|u1'; undefined for anything else. */
export function npyType(description: string): NumberType | undefined {
  const [, order, name] = /^([<>|])(\w+)$/.exec(description) ?? [];
  if (order === undefined || !Object.hasOwn(kinds, name)) return undefined;
  const [allocate, bytes, read] = kinds[name];
  if (order === '|' && bytes > 1) return undefined;
  const littleEndian = order !== '>';
  return { name: description, bytes, allocate, read: (view, at) => read(view, at, littleEndian) };
}

/** Whether this machine stores the least byte of a number first. */
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** NumPy's number type of this kind, such as 'f8', in the byte order of this machine. */
export function nativeType(kind: string): NumberType {
  const order = isLittleEndian ? '<' : '>';
  const type = npyType(`${kind.endsWith('1') ? '|' : order}${kind}`); // a single byte has no order
  if (type === undefined) throw new Error(`nativeType: there is no type ${kind}, expected one of ${npyTypes}`);
  return type;
}

const float32View = new DataView(new ArrayBuffer(4));

/** A bfloat16: the high 16 bits of a float32. */
export function brainFloat(bits: number): number {
  float32View.setUint16(2, bits, true);
  return float32View.getFloat32(0, true);
}

/** Decodes a 16-bit IEEE 754 number: sign, 5 bits of exponent, 10 of fraction. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}
