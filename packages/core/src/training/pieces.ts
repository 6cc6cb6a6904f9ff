import type { Optimizer } from '../families/optimizers/optimizer.ts';
import type { Network } from '../network/network.ts';

/** A range of parameters that either all have weight decay or all have none. */
export interface Piece {
  readonly offset: number;
  readonly n: number;
  readonly decayed: boolean;
}

/** The part of a network that pieces depend on. */
export type TensorLayout = Pick<Network, 'tensors' | 'parameterCount'> & Partial<Pick<Network, 'ties'>>;

/** Weights are matrices; biases and the gains and shifts of norms are vectors. */
const isMatrix = (shape: readonly number[]): boolean => shape.length > 1;

/**
 * Cuts each block from `first` to `end` into pieces. A block is a single piece if the optimizer treats all parameters
 * alike; otherwise it is cut between weights and other parameters. Updates are elementwise, so a cut changes no bit.
 */
export function piecesOf(
  network: TensorLayout,
  optimizer: Optimizer,
  first = 0,
  end = blockCount(network.parameterCount),
): Piece[][] {
  const pieces = Array.from({ length: end - first }, (): Piece[] => []);
  for (const { offset: from, n: length, decayed } of decayRangesOf(network, optimizer)) {
    const last = Math.min(from + length, end * BLOCK);
    for (let offset = Math.max(from, first * BLOCK); offset < last; ) {
      const block = Math.floor(offset / BLOCK);
      const n = Math.min(last, (block + 1) * BLOCK) - offset;
      pieces[block - first].push({ offset, n, decayed });
      offset += n;
    }
  }
  return pieces;
}

/**
 * Number of pieces, which is the number of update calls. Counted without creating them, since they may not fit into
 * memory.
 */
export const countPieces = (network: TensorLayout, optimizer: Optimizer): number =>
  decayRangesOf(network, optimizer).reduce(
    (sum, { offset, n }) => sum + Math.floor((offset + n - 1) / BLOCK) - Math.floor(offset / BLOCK) + 1,
    0,
  );

/** Adjacent trained parameters that are treated alike, across blocks. */
function decayRangesOf({ tensors, parameterCount: P }: TensorLayout, { undecayedHyper }: Optimizer): Piece[] {
  const isDecayed = (shape: readonly number[]): boolean => undecayedHyper === 0 || isMatrix(shape);
  const ranges: Piece[] = [];
  let from = 0;
  for (const [k, { shape, offset, length, isTrained }] of tensors.entries()) {
    const next = tensors.at(k + 1);
    const decayed = isDecayed(shape);
    if (next !== undefined && next.isTrained === isTrained && (!isTrained || isDecayed(next.shape) === decayed))
      continue;
    if (isTrained) ranges.push({ offset: from, n: offset + length - from, decayed });
    from = offset + length;
  }
  return P === 0 ? [] : ranges;
}

/** Parameters per block: 32 KiB per vector, so that the optimizer finds a block's gradient in cache. */
export const BLOCK = 4096;

export const blockCount = (P: number): number => Math.floor((P + BLOCK - 1) / BLOCK);

/** Consecutive blocks, from `first` to before `end`. */
export interface BlockRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Cuts the parameters into buckets of whole blocks, in the order in which a backward pass completes their gradients:
 * from last to first. A bucket ends at the start of a tensor once it has `minParameters` parameters. If fewer
 * parameters than that would remain, they join it.
 */
export function bucketsOf(
  { tensors, parameterCount: P }: Pick<Network, 'tensors' | 'parameterCount'>,
  minParameters: number,
) {
  const buckets: BlockRange[] = [];
  let end = blockCount(P);
  for (let k = tensors.length - 1; k > 0; k--) {
    // The block in which a tensor begins may also hold the end of the tensor before.
    const first = blockCount(tensors[k].offset);
    if (first >= end || first * BLOCK < minParameters) continue;
    if (Math.min(P, end * BLOCK) - first * BLOCK < minParameters) continue;
    buckets.push({ first, end });
    end = first;
  }
  if (end > 0) buckets.push({ first: 0, end });
  return buckets;
}

/** Blocks of a bucket that rank `rank` of `ranks` updates. */
export function blocksOfRank({ first, end }: BlockRange, ranks: number, rank: number): BlockRange {
  const bound = (r: number): number => first + Math.floor((r * (end - first)) / ranks);
  return { first: bound(rank), end: bound(rank + 1) };
}
