import { createRandom } from '@gradloom/core';
import type { Dataset } from '../dataset.ts';
import { type ClassOptions, withDefaults } from './options.ts';
import { pointClouds } from './point-clouds.ts';

/**
 * One normal cloud per class, of standard deviation `noise`, around a centre drawn uniformly from the square from -10
 * to 10. Defaults: 3 classes, 100 rows, noise 1 and the square, as in [scikit-learn's
 * make_blobs](https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_blobs.html).
 */
export function blobs(options: ClassOptions = {}): Dataset {
  const settings = withDefaults('blobs', options, { rows: 100, noise: 1, seed: 0, classes: 3 });
  const random = createRandom(settings.seed, 'blobs', 'centres');
  const coordinate = () => 20 * random.uniform() - 10;
  // Drawn when its class begins: an array for all classes would be made before their number is checked against the
  // number of rows.
  let centre: readonly [number, number] = [0, 0];
  return pointClouds('blobs', settings, (_c, i) => {
    if (i === 0) centre = [coordinate(), coordinate()];
    return centre;
  });
}
