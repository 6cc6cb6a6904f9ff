import { math } from '@gradloom/core';
import type { Dataset } from '../dataset.ts';
import { type SyntheticOptions, withDefaults } from './options.ts';
import { pointClouds } from './point-clouds.ts';

/**
 * Two interleaving half circles: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t from 0 to π. Defaults: 100 rows, no
 * noise, as in [scikit-learn's
 * make_moons](https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_moons.html).
 */
export function moons(options: SyntheticOptions = {}): Dataset {
  const settings = withDefaults('moons', options, { rows: 100, noise: 0, seed: 0 });
  return pointClouds('moons', { ...settings, classes: 2 }, (c, i, n) => {
    const t = n === 1 ? 0 : (i * Math.PI) / (n - 1);
    return c === 0 ? [math.cos(t), math.sin(t)] : [1 - math.cos(t), 0.5 - math.sin(t)];
  });
}
