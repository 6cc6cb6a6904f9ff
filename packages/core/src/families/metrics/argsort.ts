import type { Pausable } from '../../math/pausable.ts';

/** Numbers handled between two pauses, in less than a millisecond. */
const NUMBERS_PER_TURN = 1 << 15;

/** With fewer numbers, two passes of 8 bits are faster than clearing the counters of one pass of 16 bits. */
const MIN_FOR_16_BITS = 1 << 14;

/** The word of a double that holds its sign. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * The indices [N] that sort `numbers` ascending; equal numbers (also 0 and -0) keep their order. A radix sort on the
 * bits, least significant digit first. No number may be NaN.
 */
export function* argsort(numbers: Float64Array): Pausable<Uint32Array<ArrayBuffer>> {
  const N = numbers.length;
  const low = new Uint32Array(N);
  const high = new Uint32Array(N);
  const bits = N < MIN_FOR_16_BITS ? 8 : 16;
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);
  for (let n = 0; n < N; n++) {
    if (n % NUMBERS_PER_TURN === 0) yield;
    double[0] = numbers[n] + 0;
    // As an unsigned integer in the same order: inverts all bits of a negative number, else the sign bit.
    const invertedBits = words[HIGH] >>> 31 === 1 ? 0xffffffff : 0;
    low[n] = words[1 - HIGH] ^ invertedBits;
    high[n] = words[HIGH] ^ (invertedBits | 0x80000000);
  }
  let order = Uint32Array.from({ length: N }, (_, n) => n);
  let next = new Uint32Array(N);
  for (let shift = 0; shift < 64; shift += bits) {
    const isSorted = yield* sortDigit(next, order, shift < 32 ? low : high, shift % 32, bits);
    if (isSorted) [order, next] = [next, order];
  }
  return order;
}

/** Overwrites `to` with the indices `from`, sorted by a digit of their words; false if all have the same digit. */
function* sortDigit(
  to: Uint32Array, // [N] out
  from: Uint32Array, // [N]
  words: Uint32Array, // [N]
  shift: number,
  bits: number,
): Pausable<boolean> {
  const N = from.length;
  const mask = (1 << bits) - 1;
  const starts = new Uint32Array(mask + 2);
  for (let n = 0; n < N; n++) {
    if (n % NUMBERS_PER_TURN === 0) yield;
    starts[((words[n] >>> shift) & mask) + 1]++;
  }
  if (N === 0 || starts[((words[0] >>> shift) & mask) + 1] === N) return false;
  for (let digit = 0; digit < mask; digit++) starts[digit + 1] += starts[digit];
  for (let n = 0; n < N; n++) {
    if (n % NUMBERS_PER_TURN === 0) yield;
    const index = from[n];
    to[starts[(words[index] >>> shift) & mask]++] = index;
  }
  return true;
}
