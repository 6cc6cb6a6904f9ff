import { count, defineOp, double, inout, input, number, output, stride } from '../op.ts';
import { averageWeights, maxNorm, weighLosses } from '../reference/index.ts';
import { clip, noteStep, takeHyper } from '../step-ops.ts';

/** What a step does besides its passes. */
export const stepOps = {
  /** The losses of rows as sums of leaves, and their gradients, times a weight of each row. */
  weighLosses: defineOp(
    'weighLosses',
    {
      ...{ lossSums: double(output('leaves')), dy: inout('B', 'O'), losses: double(input('B')), w: double(input('B')) },
      ...{ B: count, leaf: count, O: count },
    },
    weighLosses,
  ),
  /** average = a moving average of the weights theta. */
  averageWeights: defineOp(
    'averageWeights',
    { average: inout('n'), theta: input('n'), n: count, share: double(input(1)) },
    averageWeights,
  ),
  /** W with no column of its first n longer than a limit. */
  maxNorm: defineOp(
    'maxNorm',
    { W: inout('I', 'row'), factors: double(output('n')), I: count, row: stride, n: count, limit: number },
    maxNorm,
  ),
  /** factor = what clipping multiplies the gradient by. */
  clip: defineOp(
    'clip',
    { factor: double(output(1)), squares: double(input('blocks')), blocks: count, clipNorm: number },
    clip,
  ),
  /** hyper = those of the next step. */
  takeHyper: defineOp(
    'takeHyper',
    { hyper: double(output('H')), hypers: double(input('H')), next: double(inout(1)), H: count },
    takeHyper,
  ),
  /** Notes a step's loss and norm, and whether they are finite. */
  noteStep: defineOp(
    'noteStep',
    {
      ...{ note: double(inout(2)), losses: double(inout(1)), norms: double(inout(1)) },
      ...{ lossSums: double(inout('leaves')), squares: double(input('blocks')) },
      ...{ leaves: count, blocks: count, rows: count },
    },
    noteStep,
  ),
};
