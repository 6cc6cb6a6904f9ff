/** Types of the numbers that a run computes with. A run has one, from the weights to the outputs. */
export type ElementType = 'float64';

const arrays = { float64: Float64Array };

/** Bytes of `length` elements of a type. */
export const bytesOfElements = (type: ElementType, length: number): number => arrays[type].BYTES_PER_ELEMENT * length;

/** A view of `length` elements of `buffer` from byte `offset` on. */
export const elementView = <Buffer extends ArrayBufferLike>(
  type: ElementType,
  buffer: Buffer,
  offset: number,
  length: number,
): Float64Array<Buffer> => new arrays[type](buffer, offset, length);

/** The type of all operations so far, and of what counts and decides: rates, losses, norms. */
export const FLOAT64: ElementType = 'float64';
