import { createSpread } from '@gradloom/core/internal';
import type { Scale } from './table-options.ts';

/**
 * A scale of at most this share of the center is taken as rounding of equal numbers and replaced by 1: any other number
 * would be millions of such scales away. Taxes of 1 %, computed as gross / net - 1, differ relatively by 6e-15.
 * scikit-learn allows rows · 2⁻⁵², since its sums round too.
 */
const ROUNDING = 2 ** -46;

/** The number that a column's numbers lose, and that the differences are divided by. */
export function scalingOf(present: Float64Array, scale: Scale): { center: number; divisor: number } {
  if (scale === 'none' || present.length === 0) return { center: 0, divisor: 1 };
  const { center, size } = measure(present, scale);
  return { center, divisor: size > ROUNDING * Math.abs(center) ? size : 1 };
}

function measure(present: Float64Array, scale: Exclude<Scale, 'none'>): { center: number; size: number } {
  if (scale === 'standard') {
    const spread = createSpread();
    for (const value of present) spread.add(value);
    return { center: spread.mean(), size: spread.deviation() };
  }
  const sorted = present.toSorted();
  if (scale === 'minmax') return { center: sorted[0], size: sorted[sorted.length - 1] - sorted[0] };
  return { center: quantileOf(sorted, 0.5), size: quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25) };
}

/** The q-quantile of the sorted values, interpolated linearly as NumPy does by default. */
export function quantileOf(
  sorted: Float64Array, // ascending
  q: number,
): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  const fraction = position - below;
  const distance = sorted[above] - sorted[below];
  // The distance may overflow.
  if (distance === Number.POSITIVE_INFINITY) return (1 - fraction) * sorted[below] + fraction * sorted[above];
  return sorted[below] + fraction * distance;
}
