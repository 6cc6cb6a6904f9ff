import { refuseBeyondRoom } from '../memory-room.ts';

/** Numbers in memory that all threads share. */
export type DataArray =
  | Uint8Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Float32Array<SharedArrayBuffer>
  | Float64Array<SharedArrayBuffer>;

/** Rows of numbers as they are stored, so that bytes stay bytes. */
export interface DataMatrix {
  readonly array: DataArray; // [rows, columns]
  readonly columns: number;
  readonly divisor: number; // a stored number stands for number / divisor: 255 for the bytes of an image
}

/** What a network learns from: rows of inputs and their targets. */
export interface Dataset {
  readonly name: string;
  readonly rows: number; // N
  readonly inputs: DataMatrix; // [N, I]
  readonly targets: DataMatrix; // [N, 1] class indices where `classes` is a number, else [N, O] values
  readonly classes: number | null;
  readonly labels?: readonly string[]; // [classes] names
}

export interface DataSplits {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

/**
 * Arrays of zeros that all threads can share, by the type of their numbers. @throws RoomError where there is no memory for
 * them: the system would give it, and end the process when it is touched.
 */
export const sharedArrays = {
  uint8: (length: number) => new Uint8Array(sharedBytes(length)),
  int32: (length: number) => new Int32Array(sharedBytes(length * 4)),
  float32: (length: number) => new Float32Array(sharedBytes(length * 4)),
  float64: (length: number) => new Float64Array(sharedBytes(length * 8)),
};

function sharedBytes(bytes: number): SharedArrayBuffer {
  refuseBeyondRoom(bytes);
  return new SharedArrayBuffer(bytes);
}

/** Likewise, of the type of `array`. */
export function sharedArrayLike(array: DataArray, length: number): DataArray {
  if (array instanceof Uint8Array) return sharedArrays.uint8(length);
  if (array instanceof Int32Array) return sharedArrays.int32(length);
  if (array instanceof Float32Array) return sharedArrays.float32(length);
  return sharedArrays.float64(length);
}

/** A matrix of values that are stored as they are. */
export const valueMatrix = (array: DataArray, columns: number): DataMatrix => ({ array, columns, divisor: 1 });
