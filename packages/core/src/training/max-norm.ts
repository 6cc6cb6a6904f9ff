import type { Elements } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import type { Network } from '../network/network.ts';
import type { Emit } from '../program/op.ts';
import { ops } from '../program/ops/index.ts';

/** Matrices that learn and whose columns are the incoming weights of a unit: not embeddings, whose rows are words. */
const matricesOf = ({ allLayers }: Pick<Network, 'allLayers'>) =>
  allLayers
    .flatMap(({ spec, tensors }) => (spec.kind === 'embedding' ? [] : tensors))
    .filter(({ shape, isTrained }) => isTrained && shape.length === 2);

/** Columns of the widest such matrix. */
export const maxColumns = (network: Pick<Network, 'allLayers'>): number =>
  matricesOf(network).reduce((max, { shape: [, O] }) => Math.max(max, O), 0);

/** Number of such matrices. */
export const countMatrices = (network: Pick<Network, 'allLayers'>): number => matricesOf(network).length;

/**
 * Emits max-norm after an update, which limits the norm of each unit's incoming weights. Thread `thread` of `threads`
 * takes its share of the columns of each matrix; a column is summed by a single thread. [Srivastava et al. 2014,
 * §5.1](https://jmlr.org/papers/v15/srivastava14a.html)
 */
export function emitMaxNorm(
  emit: Emit,
  network: Pick<Network, 'allLayers'>,
  theta: Elements, // [P]
  factors: Float64Array, // [maxColumns]
  limit: number,
  thread = 0,
  threads = 1,
): void {
  for (const { shape, offset } of matricesOf(network)) {
    const [I, O] = shape;
    const firstColumn = (t: number): number => Math.floor((t * O) / threads);
    const first = firstColumn(thread);
    const n = firstColumn(thread + 1) - first;
    if (n === 0) continue;
    const W = viewOf(theta, offset + first, (I - 1) * O + n);
    emit(ops.maxNorm, W, viewOf(factors, 0, n), I, O, n, limit);
  }
}
