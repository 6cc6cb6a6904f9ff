import type { Elements } from '../../math/element-type.ts';
import { log } from '../../math/log.ts';
import { philox4x32 } from '../../math/random/index.ts';
import { cos, sin } from '../../math/sin.ts';

/**
 * y[B,size] drawn from the normal distribution of mean 0 and variance 1: pairs of columns by Box-Muller in doubles, as
 * `Random.normal` has it, rounded to the type of y. A pair takes the four words of Philox-4x32-10 under the key, with
 * the counter (pair, row, lower and upper 32 bits of the step). Overwrites `y`.
 * [Box & Muller 1958](https://doi.org/10.1214/aoms/1177706645)
 */
export function gaussian(
  y: Elements, // [B, size] out
  stepAndRow: Float64Array, // [2] step, and index of row 0; both whole and below 2⁵³
  B: number,
  size: number,
  key0: number, // 32 bits, signed or unsigned
  key1: number,
): void {
  const step = stepAndRow[0];
  for (let n = 0; n < B; n++) {
    for (let o = 0; o < size; o += 2) {
      philox4x32(words, o / 2, stepAndRow[1] + n, step, step / 4294967296, key0, key1);
      const radius = Math.sqrt(-2 * log(1 - uniform(0))); // 1 - u is in (0, 1]
      const angle = 6.283185307179586 * uniform(2);
      y[n * size + o] = radius * cos(angle);
      if (o + 1 < size) y[n * size + o + 1] = radius * sin(angle);
    }
  }
}

const words = new Uint32Array(4);

/** Uniform over [0, 1), 53 bits: 27 of word w, and 26 of the next. */
const uniform = (w: number): number => ((words[w] >>> 5) * 67108864 + (words[w + 1] >>> 6)) / 9007199254740992;
