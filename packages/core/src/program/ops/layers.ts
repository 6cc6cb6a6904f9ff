import { count, defineOps, double, flag, inout, input, operation, output, text } from '../op.ts';
import { checkIndices, embeddingBackward, embeddingForward } from '../reference/embedding.ts';
import { gateBackward, gateForward } from '../reference/gate.ts';
import { gaussian } from '../reference/gaussian.ts';

/** Operations of gates, draws and embeddings. */
export const layerOps = defineOps({
  /** y = silu(g) · v. */
  gateForward: operation(gateForward, { y: output('n'), g: input('n'), v: input('n'), n: count }),
  /** Overwrites g with dg and v with dv. */
  gateBackward: operation(gateBackward, { g: inout('n'), v: inout('n'), dy: input('n'), n: count }),
  /** y = draws of the normal distribution. */
  gaussian: operation(gaussian, {
    y: output('B', 'size'),
    stepAndRow: double(input(2)),
    B: count,
    size: count,
    key0: count,
    key1: count,
  }),
  /** Throws if a row has an index outside of the vocabulary. No backend has it, since it can end the program. */
  checkIndices: operation(checkIndices, { x: input('n'), n: count, k: count, V: count, where: text }),
  /** y = rows x of E. */
  embeddingForward: operation(embeddingForward, {
    y: output('n', 'width'),
    x: input('n'),
    E: input('V', 'width'),
    n: count,
    width: count,
  }),
  /** dE, the gradient of E. */
  embeddingBackward: operation(embeddingBackward, {
    dE: inout('V', 'width'),
    firstPosition: double(inout('V')),
    nextPosition: double(inout('B', 'k')),
    sums: inout('levels', 'width'),
    leafOf: double(inout('levels')),
    x: input('B', 'k'),
    dy: input('B', 'k', 'width'),
    B: count,
    k: count,
    leafRows: count,
    accumulate: flag,
    V: count,
    width: count,
  }),
});
