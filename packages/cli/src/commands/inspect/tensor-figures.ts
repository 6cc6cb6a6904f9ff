import { createSpread } from '@gradloom/core/internal';
import type { NamedTensor } from './tensors.ts';

/** Statistics of a tensor; non-finite numbers are counted and left out. */
export interface TensorFigures {
  readonly name: string;
  readonly shape: readonly number[];
  readonly isTrained: boolean;
  readonly min: number | null; // null if no number is finite
  readonly max: number | null;
  readonly mean: number | null;
  readonly std: number | null; // standard deviation: √ of the mean square about the mean
  readonly zeros: number;
  readonly notFinite: number;
}

export function tensorFigures({ name, shape, isTrained, values }: NamedTensor): TensorFigures {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [count, zeros] = [0, 0];
  const spread = createSpread();
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    spread.add(value);
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (value === 0) zeros++;
  }
  const notFinite = values.length - count;
  if (count === 0) return { name, shape, isTrained, min: null, max: null, mean: null, std: null, zeros, notFinite };
  const [mean, std] = [spread.mean(), spread.deviation()];
  return { name, shape, isTrained, min, max, mean, std, zeros, notFinite };
}
