import { LEAF } from '../kernels/tile.ts';

/** Writes the table of a sum of B terms in leaves of `leaf`, whose lists of terms are `nextTerms` bytes apart. */
export function writeLeaves(
  words: Int32Array, // [leaves, LEAF.words] out
  B: number,
  leaf: number,
  nextTerms: number,
): void {
  for (let k = 0, n = 0; n < B; k++, n += leaf) {
    const isLast = n + leaf >= B;
    const at = LEAF.words * k;
    words[at + LEAF.terms] = Math.min(leaf, B - n);
    // Sums of as many subtrees wait as k has ones; behind the last leaf all are added, behind others those on their
    // left that end with this leaf.
    words[at + LEAF.merges] = isLast ? onesOf(k) : onesOf(k) + 1 - onesOf(k + 1);
    words[at + LEAF.more] = isLast ? 0 : 1;
    words[at + LEAF.nextTerms] = nextTerms;
  }
}

/** Bits of k that are 1. */
function onesOf(k: number): number {
  let ones = 0;
  for (let rest = k; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
}
