import { createRandom } from '@gradloom/core';
import { type Dataset, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { type SyntheticOptions, withDefaults } from './options.ts';

/** Exclusive or: 00 -> 0, 01 -> 1, 10 -> 1, 11 -> 0, in this order, repeated if there are more than four rows. */
export const xor = (options: SyntheticOptions = {}): Dataset => gate('xor', [0, 1, 1, 0], options);

/** 11 -> 1, else 0; rows as in `xor`. */
export const and = (options: SyntheticOptions = {}): Dataset => gate('and', [0, 0, 0, 1], options);

/** 00 -> 0, else 1; rows as in `xor`. */
export const or = (options: SyntheticOptions = {}): Dataset => gate('or', [0, 1, 1, 1], options);

function gate(name: string, truth: readonly number[], options: SyntheticOptions): Dataset {
  const { rows, noise, seed } = withDefaults(name, options, { rows: 4, noise: 0, seed: 0 });
  const random = createRandom(seed, name, 'noise');
  const inputs = sharedArrays.float64(rows * 2);
  const targets = sharedArrays.float64(rows);
  for (let n = 0; n < rows; n++) {
    inputs[n * 2] = ((n >> 1) & 1) + noise * random.normal();
    inputs[n * 2 + 1] = (n & 1) + noise * random.normal();
    targets[n] = truth[n & 3];
  }
  return { name, rows, inputs: valueMatrix(inputs, 2), targets: valueMatrix(targets, 1), classes: null };
}
