import { createRandom, math } from '@gradloom/core';
import { type Dataset, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { type SyntheticOptions, withDefaults } from './options.ts';

/** Values y = sin x + noise for x from -π to π, ascending and evenly spaced. Defaults: 100 rows, no noise. */
export function sine(options: SyntheticOptions = {}): Dataset {
  const { rows, noise, seed } = withDefaults('sine', options, { rows: 100, noise: 0, seed: 0 });
  const random = createRandom(seed, 'sine', 'noise');
  const inputs = sharedArrays.float64(rows);
  const targets = sharedArrays.float64(rows);
  for (let n = 0; n < rows; n++) {
    inputs[n] = rows === 1 ? 0 : Math.PI * ((2 * n) / (rows - 1) - 1);
    targets[n] = math.sin(inputs[n]) + noise * random.normal();
  }
  return { name: 'sine', rows, inputs: valueMatrix(inputs, 1), targets: valueMatrix(targets, 1), classes: null };
}
