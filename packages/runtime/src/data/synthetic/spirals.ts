import { math } from '@gradloom/core';
import type { Dataset } from '../dataset.ts';
import { type ClassOptions, withDefaults } from './options.ts';
import { pointClouds } from './point-clouds.ts';

/**
 * One spiral arm per class, each one turn from near the origin to radius 1: r = (i + 1) / n at the angle 2π (r + c /
 * classes). No arm begins at the origin, where all would share a point. Defaults: 2 classes, 200 rows, no noise.
 */
export function spirals(options: ClassOptions = {}): Dataset {
  const settings = withDefaults('spirals', options, { rows: 200, noise: 0, seed: 0, classes: 2 });
  return pointClouds('spirals', settings, (c, i, n) => {
    const radius = (i + 1) / n;
    const angle = 2 * Math.PI * (radius + c / settings.classes);
    return [radius * math.cos(angle), radius * math.sin(angle)];
  });
}
