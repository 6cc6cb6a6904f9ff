import { sharedArrays } from './dataset.ts';
import type { NumberType } from './number-file.ts';

const { uint8, int32, float32, float64 } = sharedArrays;

/** Every number type, by its code in the header. [LeCun, Cortes, Burges](http://yann.lecun.com/exdb/mnist/) */
export const idxTypes: ReadonlyMap<number, NumberType> = new Map([
  [0x08, { name: 'unsigned byte', bytes: 1, allocate: uint8, read: (view: DataView, at: number) => view.getUint8(at) }],
  [0x09, { name: 'signed byte', bytes: 1, allocate: int32, read: (view: DataView, at: number) => view.getInt8(at) }],
  [0x0b, { name: 'short', bytes: 2, allocate: int32, read: (view: DataView, at: number) => view.getInt16(at) }],
  [0x0c, { name: 'int', bytes: 4, allocate: int32, read: (view: DataView, at: number) => view.getInt32(at) }],
  [0x0d, { name: 'float', bytes: 4, allocate: float32, read: (view: DataView, at: number) => view.getFloat32(at) }],
  [0x0e, { name: 'double', bytes: 8, allocate: float64, read: (view: DataView, at: number) => view.getFloat64(at) }],
]);
