import { createOptimizer, type Optimizer, type OptimizerSpec } from '@gradloom/core';

/** What an optimizer does with matrices of hidden layers before it orthogonalizes them. */
export function matrixOptimizer(spec: OptimizerSpec): Optimizer {
  const { matrices } = createOptimizer(spec);
  if (matrices === undefined) throw new Error('matrixOptimizer: has an optimizer without matrices');
  return matrices;
}
