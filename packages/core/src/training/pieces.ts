import type { Optimizer } from '../families/optimizers/optimizer.ts';
import { BLOCK, blockCount } from '../network/gradient-ranges.ts';
import { layerMatcher } from '../network/layer-patterns.ts';
import type { Network, Tensor } from '../network/network.ts';
import { hiddenMatrices } from './hidden-matrices.ts';

/** Parameters of one group of the optimizer. */
export interface Piece {
  readonly offset: number;
  readonly n: number;
  /** Group of the optimizer, see `Optimizer.groupOf`. */
  readonly group: number;
}

/** The part of a network that pieces depend on. */
export type TensorLayout = Pick<Network, 'tensors' | 'parameterCount' | 'gradientRanges' | 'ties'> &
  Partial<Pick<Network, 'allLayers'>>;

/**
 * Cuts each block from `first` to `end` into pieces. A block is a single piece if the optimizer treats all parameters
 * alike; otherwise it is cut between groups. Updates are elementwise, so a cut changes no bit.
 */
export const piecesOf = (
  network: TensorLayout,
  optimizer: Optimizer,
  first = 0,
  end = blockCount(network.parameterCount),
): Piece[][] => cutIntoBlocks(trainedRanges(network, optimizer), first, end);

/** The parts of each block from `first` to `end` that are frozen, or that are not. */
export const partsOf = (network: TensorLayout, frozen: boolean, first: number, end: number): Piece[][] =>
  cutIntoBlocks(
    rangesOf(network, ({ isFrozen }) => (isFrozen === frozen ? 0 : null)),
    first,
    end,
  );

function cutIntoBlocks(ranges: readonly Piece[], first: number, end: number): Piece[][] {
  const pieces = Array.from({ length: end - first }, (): Piece[] => []);
  for (const { offset: from, n: length, group } of ranges) {
    const last = Math.min(from + length, end * BLOCK);
    for (let offset = Math.max(from, first * BLOCK); offset < last; ) {
      const block = Math.floor(offset / BLOCK);
      const n = Math.min(last, (block + 1) * BLOCK) - offset;
      pieces[block - first].push({ offset, n, group });
      offset += n;
    }
  }
  return pieces;
}

/** Number of pieces, one update call each. Counted without creating them, since they may not fit into memory. */
export const countPieces = (network: TensorLayout, optimizer: Optimizer): number =>
  trainedRanges(network, optimizer).reduce(
    (sum, { offset, n }) => sum + Math.floor((offset + n - 1) / BLOCK) - Math.floor(offset / BLOCK) + 1,
    0,
  );

/** Adjacent trained parameters of one group, across blocks. */
function trainedRanges(network: TensorLayout, optimizer: Optimizer): Piece[] {
  const { allLayers = [] } = network;
  const matches = layerMatcher({ allLayers });
  const matrices = new Set(optimizer.matrices === undefined ? [] : hiddenMatrices({ allLayers }));
  return rangesOf(network, (tensor) => {
    const { shape, layer, isTrained } = tensor;
    return isTrained ? optimizer.groupOf(shape, (pattern) => matches(layer, pattern), matrices.has(tensor)) : null;
  });
}

/** Adjacent parameters with one group; those of tensors with null are left out. */
function rangesOf({ tensors }: TensorLayout, groupOf: (tensor: Tensor) => number | null): Piece[] {
  const ranges: Piece[] = [];
  const groups = tensors.map(groupOf);
  let from = 0;
  for (const [k, { offset, length }] of tensors.entries()) {
    const group = groups[k];
    if (k + 1 < tensors.length && groups[k + 1] === group) continue;
    if (group !== null) ranges.push({ offset: from, n: offset + length - from, group });
    from = offset + length;
  }
  return ranges;
}

/** Consecutive blocks, from `first` to before `end`. */
export interface BlockRange {
  readonly first: number;
  readonly end: number;
}

/** Blocks whose gradients ranks exchange at once. */
export interface Bucket extends BlockRange {
  /** Added to the index of a parameter for its index in a row of gradients. */
  readonly rowShift: number;
}

/**
 * Cuts the parameters that have gradients into buckets of whole blocks, in the order in which a backward pass completes
 * their gradients: from last to first. A bucket ends at the start of a tensor once it has `minParameters` parameters.
 * If fewer parameters than that would remain, they join it.
 */
export const bucketsOf = (
  { tensors, gradientRanges }: Pick<Network, 'tensors' | 'gradientRanges'>,
  minParameters: number,
): Bucket[] =>
  gradientRanges.toReversed().flatMap(({ offset, length, shift: rowShift }) => {
    const buckets: Bucket[] = [];
    const start = offset / BLOCK;
    let end = blockCount(offset + length);
    for (let k = tensors.length - 1; k > 0; k--) {
      // The block in which a tensor begins may also hold the end of the tensor before.
      const first = blockCount(tensors[k].offset);
      if (first >= end || (first - start) * BLOCK < minParameters) continue;
      if (Math.min(offset + length, end * BLOCK) - first * BLOCK < minParameters) continue;
      buckets.push({ first, end, rowShift });
      end = first;
    }
    return [...buckets, { first: start, end, rowShift }];
  });

/** Blocks of a bucket that rank `rank` of `ranks` updates. */
export function blocksOfRank({ first, end }: BlockRange, ranks: number, rank: number): BlockRange {
  const bound = (r: number): number => first + Math.floor((r * (end - first)) / ranks);
  return { first: bound(rank), end: bound(rank + 1) };
}
