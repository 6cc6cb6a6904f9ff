import { count, counts, defineOps, double, flag, inout, input, operation, output, text } from '../op.ts';
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
    ...counts('B', 'size', 'key0', 'key1'),
  }),
  /** Throws if a row has an index outside of the vocabulary. No backend has it, since it can end the program. */
  checkIndices: operation(checkIndices, { x: input('n'), ...counts('n', 'k', 'V'), where: text }),
  /** y = rows x of E. */
  embeddingForward: operation(embeddingForward, {
    y: output('n', 'width'),
    x: input('n'),
    E: input('V', 'width'),
    ...counts('n', 'width'),
  }),
  /** dE, the gradient of E. */
  embeddingBackward: operation(embeddingBackward, {
    dE: inout('V', 'width'),
    firstPosition: double(inout('V')),
    nextPosition: double(inout('B', 'k')),
    sums: inout('levels', 'width'),
    leafAt: double(inout('levels')),
    x: input('B', 'k'),
    dy: input('B', 'k', 'width'),
    ...counts('B', 'k', 'leafRows'),
    accumulate: flag,
    ...counts('V', 'width'),
  }),
});
