import { createOptimizer, type OptimizerSpec } from '../../packages/core/src/families/optimizers/index.ts';

/** An optimizer's plain update of one vector of parameters. */
export function optimizerRun(spec: OptimizerSpec, start: Float64Array) {
  const optimizer = createOptimizer(spec);
  const theta = start.slice();
  const state = optimizer.slots.map(() => new Float64Array(theta.length));
  const scalars = Float64Array.from(optimizer.initialScalars);
  const hyper = new Float64Array(optimizer.hyperLength);
  return {
    theta,
    state,
    /** One step along the mean gradient `g`. Overwrites `theta` and `state`. */
    step(g: Float64Array, lr = optimizer.lr): void {
      optimizer.hyper(hyper, Float64Array.of(lr), scalars);
      optimizer.update(theta, g, state, theta.length, hyper);
      optimizer.advance(scalars);
    },
  };
}
