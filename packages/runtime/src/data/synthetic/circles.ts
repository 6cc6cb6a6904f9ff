import { math } from '@gradloom/core';
import type { Dataset } from '../dataset.ts';
import { type SyntheticOptions, withDefaults } from './options.ts';
import { pointClouds } from './point-clouds.ts';

/** Radius of the inner circle, class 1, inside the outer one of radius 1. */
const FACTOR = 0.8;

/**
 * Two concentric circles. Defaults: 100 rows, no noise and these radii, as in [scikit-learn's
 * make_circles](https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_circles.html).
 */
export function circles(options: SyntheticOptions = {}): Dataset {
  const settings = withDefaults('circles', options, { rows: 100, noise: 0, seed: 0 });
  return pointClouds('circles', { ...settings, classes: 2 }, (c, i, n) => {
    const t = (2 * Math.PI * i) / n;
    const radius = c === 0 ? 1 : FACTOR;
    return [radius * math.cos(t), radius * math.sin(t)];
  });
}
