import { count, defineOp, double, flag, inout, input, output, text } from '../op.ts';
import { checkIndices, embeddingBackward, embeddingForward, gateBackward, gateForward } from '../reference/index.ts';

/** Operations of gates and embeddings. */
export const layerOps = {
  /** y = silu(g) · v. */
  gateForward: defineOp('gateForward', { y: output('n'), g: input('n'), v: input('n'), n: count }, gateForward),
  /** Overwrites g with dg and v with dv. */
  gateBackward: defineOp('gateBackward', { g: inout('n'), v: inout('n'), dy: input('n'), n: count }, gateBackward),
  /** Throws if a row has an index outside of the vocabulary. No backend has it, since it can end the program. */
  checkIndices: defineOp('checkIndices', { x: input('n'), n: count, k: count, V: count, where: text }, checkIndices),
  /** y = rows x of E. */
  embeddingForward: defineOp(
    'embeddingForward',
    { y: output('n', 'width'), x: input('n'), E: input('V', 'width'), n: count, width: count },
    embeddingForward,
  ),
  /** dE, the gradient of E. */
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
      ...{ B: count, k: count, leafRows: count, accumulate: flag, V: count, width: count },
    },
    embeddingBackward,
  ),
};
