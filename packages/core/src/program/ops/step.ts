import { count, counts, defineOps, double, inout, input, number, operation, output, stride } from '../op.ts';
import {
  addLosses,
  averageWeights,
  clip,
  inverseNorm,
  loadHyper,
  maxNorm,
  recordStep,
  weighLosses,
} from '../reference/step.ts';

/** Operations of a step outside of its passes. */
export const stepOps = defineOps({
  /** Multiplies losses and their gradients by the weights of the rows, and sums the losses by leaf. */
  weighLosses: operation(weighLosses, {
    lossSums: double(output('leaves')),
    dy: inout('B', 'O'),
    losses: double(input('B')),
    w: double(input('B')),
    ...counts('B', 'leafRows', 'O'),
  }),
  /** sums += others: losses of several outputs. */
  addLosses: operation(addLosses, { sums: double(inout('n')), others: double(input('n')), n: count }),
  /** average = a moving average of the weights theta. */
  averageWeights: operation(averageWeights, {
    average: inout('n'),
    theta: input('n'),
    n: count,
    smoothing: double(input(1)),
  }),
  /** Scales columns of W whose norm is above the limit down to it. */
  maxNorm: operation(maxNorm, {
    W: inout('I', 'row'),
    factors: double(output('n')),
    I: count,
    row: stride,
    n: count,
    limit: number,
  }),
  /** factor = the factor that clips the gradient. */
  clip: operation(clip, {
    factor: double(output(1)),
    squares: double(input('blocks')),
    blocks: count,
    clipNorm: number,
  }),
  /** factor = 1 / the norm with this square. */
  inverseNorm: operation(inverseNorm, { factor: double(output(1)), square: double(input(1)), epsilon: number }),
  /** hyper = the optimizer's hyperparameters in the next step. */
  loadHyper: operation(loadHyper, {
    hyper: double(output('H')),
    hypers: double(input('H')),
    next: double(inout(1)),
    H: count,
  }),
  /** Writes a step's loss and norm, and whether both are finite. */
  recordStep: operation(recordStep, {
    stepResult: double(inout(2)),
    losses: double(inout(1)),
    norms: double(inout(1)),
    lossSums: double(inout('leaves')),
    squares: double(input('blocks')),
    ...counts('leaves', 'blocks'),
    rows: double(input(1)),
  }),
});
