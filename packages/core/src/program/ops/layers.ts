import { count, defineOp, double, flag, inout, input, output, text } from '../op.ts';
import { checkIndices, embeddingBackward, embeddingForward, gateBackward, gateForward } from '../reference/index.ts';

/** Those of gates, and of rows of indices. */
export const layerOps = {
  /** y = silu(g) · v. */
  gateForward: defineOp('gateForward', { y: output('n'), g: input('n'), v: input('n'), n: count }, gateForward),
  /** g = dg and v = dv. */
  gateBackward: defineOp('gateBackward', { g: inout('n'), v: inout('n'), dy: input('n'), n: count }, gateBackward),
  /** Refuses a row with an index that the vocabulary does not have. Only plain code: it ends the program. */
  checkIndices: defineOp('checkIndices', { x: input('n'), n: count, k: count, V: count, where: text }, checkIndices),
  /** y = the rows x of E. */
  embeddingForward: defineOp(
    'embeddingForward',
    { y: output('n', 'width'), x: input('n'), E: input('V', 'width'), n: count, width: count },
    embeddingForward,
  ),
  /** The gradient of E. */
  embeddingBackward: defineOp(
    'embeddingBackward',
    {
      ...{ dE: inout('V', 'width'), firstPlace: double(inout('V')), nextPlace: double(inout('B', 'k')) },
      ...{
        sums: inout('levels', 'width'),
        leafOf: double(inout('levels')),
        x: input('B', 'k'),
        dy: input('B', 'k', 'width'),
      },
      ...{ B: count, k: count, leaf: count, joins: flag, V: count, width: count },
    },
    embeddingBackward,
  ),
};
