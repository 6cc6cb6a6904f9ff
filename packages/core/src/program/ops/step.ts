import { count, defineOp, double, inout, input, number, output, stride } from '../op.ts';
import { averageWeights, maxNorm, weighLosses } from '../reference/index.ts';
import { clip, noteStep, takeHyper } from '../step-ops.ts';

/** Operations of a step outside of its passes. */
export const stepOps = {
  /** Multiplies losses and their gradients by the weights of the rows, and sums the losses by leaf. */
  weighLosses: defineOp(
    'weighLosses',
    {
      ...{ lossSums: double(output('leaves')), dy: inout('B', 'O'), losses: double(input('B')), w: double(input('B')) },
      ...{ B: count, leafRows: count, O: count },
    },
    weighLosses,
  ),
  /** average = a moving average of the weights theta. */
  averageWeights: defineOp(
    'averageWeights',
    { average: inout('n'), theta: input('n'), n: count, share: double(input(1)) },
    averageWeights,
  ),
  /** Scales columns of W whose norm is above the limit down to it. */
  maxNorm: defineOp(
    'maxNorm',
    { W: inout('I', 'row'), factors: double(output('n')), I: count, row: stride, n: count, limit: number },
    maxNorm,
  ),
  /** factor = the factor that clips the gradient. */
  clip: defineOp(
    'clip',
    { factor: double(output(1)), squares: double(input('blocks')), blocks: count, clipNorm: number },
    clip,
  ),
  /** hyper = the scalars of the next step. */
  takeHyper: defineOp(
    'takeHyper',
    { hyper: double(output('H')), hypers: double(input('H')), next: double(inout(1)), H: count },
    takeHyper,
  ),
  /** Writes a step's loss and norm, and whether both are finite. */
  noteStep: defineOp(
    'noteStep',
    {
      ...{ note: double(inout(2)), losses: double(inout(1)), norms: double(inout(1)) },
      ...{ lossSums: double(inout('leaves')), squares: double(input('blocks')) },
      ...{ leaves: count, blocks: count, rows: double(input(1)) },
    },
    noteStep,
  ),
};
