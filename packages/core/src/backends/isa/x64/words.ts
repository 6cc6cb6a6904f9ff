import type { Vector } from '../isa.ts';

// Vectors of words have the word of a block in the lower half of each 64-bit lane; the upper half is anything.

/** vshufps: in each 128-bit lane two floats of x, then two of y, as two bits of `which` say for each. */
type Shuffle = (to: Vector, x: Vector, y: Vector, which: number) => void;

const EVEN = 0x88; // floats 0 and 2 of x, then of y
const ODD = 0xdd; // floats 1 and 3

/** Words 0 to 3 of blocks as they follow each other. The blocks are those of `blockNumbers`. */
export function orderWords(shuffle: Shuffle, [a, b, c, d]: readonly Vector[]): readonly Vector[] {
  shuffle(a, a, b, EVEN); // words 0 of both blocks of a 128-bit lane, then words 1
  shuffle(c, c, d, EVEN);
  shuffle(b, a, c, EVEN); // all words of the one block
  shuffle(d, a, c, ODD); // of the other
  return [b, d];
}

/** The block of each 64-bit lane: the first halves of the 128-bit lanes have the first half of the blocks. */
export function blockNumbers(blocks: number): Uint8Array {
  const lanes = Array.from({ length: blocks }, (_, lane) => (lane >> 1) + (lane & 1) * (blocks / 2));
  return new Uint8Array(BigUint64Array.from(lanes, BigInt).buffer);
}
