import { createOptimizer, type Optimizer, type OptimizerSpec } from '@gradloom/core';
import { averaging } from '@gradloom/core/internal';

/** The optimizer of a run, extended by a moving average of the weights if the run keeps one. */
export function optimizerOf(spec: OptimizerSpec, ema: number | null | undefined): Optimizer {
  const optimizer = createOptimizer(spec);
  return ema == null ? optimizer : averaging(optimizer, ema);
}
