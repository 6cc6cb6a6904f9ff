import { type NoOptions, noOptions } from '../../model/family.ts';
import type { Metric } from './metric.ts';

/** Mean of |y - t| over rows and outputs. */
export function mae(options: NoOptions = {}): Metric {
  noOptions('metric mae', options);
  let sum = 0;
  let numbers = 0;
  return {
    add(y, t, B, O) {
      for (let i = 0; i < B * O; i++) sum += Math.abs(y[i] - t[i]);
      numbers += B * O;
    },
    value: () => sum / numbers,
  };
}
