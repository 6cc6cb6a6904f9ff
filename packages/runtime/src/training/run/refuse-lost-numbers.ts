import type { ElementType, Loss, Optimizer } from '@gradloom/core';
import { inFloats, refuseLossBeyondFloats, refuseOptimizerBeyondFloats } from '@gradloom/core/internal';
import { trainOptions } from './options.ts';

/** Options of a run that meet its numbers. */
const MEETING = ['clipNorm', 'maxNorm', 'ema'] as const;

/** @throws OptionError for a number of the run, those of its layers aside, that its type does not keep. */
export function refuseLostNumbers(
  options: { readonly [K in (typeof MEETING)[number]]?: number | undefined },
  loss: Loss,
  optimizer: Optimizer,
  rate: number, // of the first step
  type: ElementType,
): void {
  refuseLossBeyondFloats('train', loss, type);
  refuseOptimizerBeyondFloats('train', optimizer, rate, type);
  if (type === 'float64') return;
  for (const name of MEETING) {
    const value = options[name];
    if (value !== undefined) inFloats('train', name, value, trainOptions.table[name].check);
  }
}
