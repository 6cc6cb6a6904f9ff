/** Type of the numbers that a run computes with, from the weights to the outputs. */
export type ElementType = 'float64' | 'float32';

/** Numbers of a run's type. */
export type Elements<Buffer extends ArrayBufferLike = ArrayBufferLike> = Float64Array<Buffer> | Float32Array<Buffer>;

/** A typed array of numbers, which 64-bit integers are not. */
export type TypedNumbers =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Whether a value is a typed array of numbers. */
export const isTypedNumbers = (value: unknown): value is TypedNumbers =>
  ArrayBuffer.isView(value) &&
  !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array);

/** All element types, the default first. */
export const elementTypes = ['float64', 'float32'] as const satisfies readonly ElementType[];

/** An array of one type. */
export type ElementsOf<T extends ElementType, Buffer extends ArrayBufferLike = ArrayBufferLike> = {
  /** An array of doubles. */
  float64: Float64Array<Buffer>;
  /** An array of floats. */
  float32: Float32Array<Buffer>;
}[T];

const arrays = { float64: Float64Array, float32: Float32Array };

/** Bytes of `length` elements of a type. */
export const bytesOfElements = (type: ElementType, length: number): number => arrays[type].BYTES_PER_ELEMENT * length;

/** `length` zeros. */
export const createElements = <T extends ElementType>(type: T, length: number): ElementsOf<T, ArrayBuffer> =>
  new arrays[type](length) as ElementsOf<T, ArrayBuffer>;

/** A view of `length` elements of `buffer` from byte `offset` on. */
export const elementView = <T extends ElementType, Buffer extends ArrayBufferLike>(
  type: T,
  buffer: Buffer,
  offset: number,
  length: number,
): ElementsOf<T, Buffer> =>
  new arrays[type](buffer as ArrayBuffer, offset, length) as Elements as ElementsOf<T, Buffer>;

/** The type of an array's numbers. */
export const typeOf = (array: Elements): ElementType => (array instanceof Float32Array ? 'float32' : 'float64');

/** Rounds a number to an element type. */
export type Round = (x: number) => number;

/**
 * Plain code applies this to the result of every + - * / and square root, so one source defines the bits of both types:
 * `round(a + round(b * c))`. JavaScript computes a double from two floats; rounded once more it is the float nearest to
 * the exact result, since a double has more than twice the digits ([Figueroa
 * 1995](https://doi.org/10.1145/221332.221334)). A result that is stored at once needs no `round`.
 */
export const roundingOf = (array: Elements): Round => roundings[typeOf(array)];

/**
 * One function literal makes both roundings: V8 identifies the target of a call by it, and so still inlines `round`
 * after a thread has run both types. It would inline neither of two functions, and kernels would take 25 times as long.
 */
const rounding =
  (isFloat: boolean): Round =>
  (x) =>
    isFloat ? Math.fround(x) : x;

/** The rounding of each type. */
export const roundings: Readonly<Record<ElementType, Round>> = { float64: rounding(false), float32: rounding(true) };

/** Rates, losses and norms have this type in every run. */
export const FLOAT64 = 'float64' as const;
