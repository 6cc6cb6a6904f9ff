import { powerOfTwo } from '../../math/exponent.ts';
import { type NoOptions, noOptions } from '../../model/family.ts';
import type { Metric } from './metric.ts';
import { type Pairs, paired } from './paired.ts';

/** Errors above this are added in units of 2¹⁰⁰, so that no sum of errors overflows. */
const LARGE = powerOfTwo(900);
const UNIT = powerOfTwo(100);

const figure = paired((): Pairs => {
  const sums = new Float64Array(2); // Σ of ordinary errors, Σ of large ones in units
  let numbers = 0;
  return {
    add(y, t) {
      const error = Math.abs(y - t);
      if (error > LARGE) sums[1] += Math.abs(y / UNIT - t / UNIT);
      else sums[0] += error;
      numbers++;
    },
    value: () => (sums[1] === 0 ? sums[0] / numbers : ((sums[1] + sums[0] / UNIT) / numbers) * UNIT),
  };
});

/** Mean of |y - t| over rows and outputs. */
export function mae(options: NoOptions = {}): Metric {
  noOptions('metric mae', options);
  return figure.metric();
}

/** The same over held rows. */
export const countedMae = figure.counted;
