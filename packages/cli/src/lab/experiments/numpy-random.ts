import { math } from '@gradloom/core';
import MersenneTwister from 'mersenne-twister';

/**
 * Standard normal numbers as NumPy's `np.random.seed(seed)` and then `np.random.randn(...)` give them: MT19937, seeded
 * as by init_genrand, and the polar method of Marsaglia, whose second number waits for the next call. Its bits but for
 * the last place or two, where the C library rounds a logarithm otherwise.
 * [numpy/random/src/legacy](https://github.com/numpy/numpy/blob/main/numpy/random/src/legacy/legacy-distributions.c)
 */
export function createNumpyNormal(seed: number): () => number {
  const twister = new MersenneTwister(seed);
  let waiting: number | undefined;
  return () => {
    if (waiting !== undefined) {
      const second = waiting;
      waiting = undefined;
      return second;
    }
    let x1: number;
    let x2: number;
    let r2: number;
    do {
      x1 = 2 * twister.random_long() - 1;
      x2 = 2 * twister.random_long() - 1;
      r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1 || r2 === 0);
    const f = Math.sqrt((-2 * math.log(r2)) / r2);
    waiting = f * x1;
    return f * x2;
  };
}
