import { number, onlyKeys } from '../text/check.ts';
import { fraction } from '../text/range.ts';
import { anneal } from './anneal.ts';
import type { ScheduleIn } from './schedule.ts';

/** Options of the one-cycle schedule. */
export interface OneCycleOptions {
  /** Share of the run in which the rate rises, in [0, 1) (pct_start in PyTorch). @default 0.3 */
  riseShare?: number;
  /** At least 1: the first factor is 1 / startDivisor. @default 25 */
  startDivisor?: number;
  /** At least 1: the last factor is the first / endDivisor. @default 1e4 */
  endDivisor?: number;
}

/**
 * Rises from 1 / startDivisor to 1, then falls to 1 / (startDivisor · endDivisor) at the last step, both along a
 * cosine; the optimizer's rate is the highest one. Steps as PyTorch's OneCycleLR counts them, without the cycle in
 * momentum. [Smith & Topin 2018](https://arxiv.org/abs/1708.07120)
 */
export function oneCycle(options: OneCycleOptions = {}): ScheduleIn {
  onlyKeys('schedule one-cycle', options, ['riseShare', 'startDivisor', 'endDivisor']);
  const divisor = (name: 'startDivisor' | 'endDivisor', fallback: number) =>
    number('schedule one-cycle', name, options[name] ?? fallback, 'of at least 1', (x) => x >= 1);
  const riseShare = fraction('schedule one-cycle', 'riseShare', options.riseShare ?? 0.3);
  const first = 1 / divisor('startDivisor', 25);
  const last = first / divisor('endDivisor', 1e4);
  return ({ totalSteps }) => {
    const peak = riseShare * totalSteps - 1; // between two steps as a rule
    const end = totalSteps - 1;
    return {
      initialState: [],
      needsTotalSteps: true,
      factor: (step) =>
        step <= peak && peak > 0 ? anneal(first, 1, step / peak) : anneal(1, last, (step - peak) / (end - peak)),
    };
  };
}
