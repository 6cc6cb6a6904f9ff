import { powerOfTwo } from '../../math/exponent.ts';
import { type NoOptions, noOptions } from '../family.ts';
import type { Metric } from './metric.ts';

/** Larger errors are summed in units of 2¹⁰⁰, so that no sum overflows. */
const LARGE = powerOfTwo(900);
const UNIT = powerOfTwo(100);

/** Mean of |y - t| over rows and outputs. */
export function mae(options: NoOptions = {}): Metric {
  noOptions('metric mae', options);
  let sum = 0;
  let large = 0; // in units
  let numbers = 0;
  return {
    add(y, t, B, O) {
      for (let i = 0; i < B * O; i++) {
        const error = Math.abs(y[i] - t[i]);
        if (error > LARGE) large += Math.abs(y[i] / UNIT - t[i] / UNIT);
        else sum += error;
      }
      numbers += B * O;
    },
    value: () => (large === 0 ? sum / numbers : ((large + sum / UNIT) / numbers) * UNIT),
  };
}
