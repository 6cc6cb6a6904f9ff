import type { Network } from '../network/network.ts';
import { BLOCK, blockCount } from './block.ts';

/** Blocks that follow each other, from `first` to before `end`. */
export interface BlockRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Cuts the parameters into buckets of whole blocks, in the order in which a backward pass completes their gradients:
 * from the last to the first. A bucket ends where a tensor begins as soon as it has `least` parameters, but the first
 * parameters join a bucket where they are fewer.
 */
export function bucketsOf({ tensors, parameterCount: P }: Pick<Network, 'tensors' | 'parameterCount'>, least: number) {
  const buckets: BlockRange[] = [];
  let end = blockCount(P);
  for (let k = tensors.length - 1; k > 0; k--) {
    // The block that a tensor begins in may be the end of the one before.
    const first = blockCount(tensors[k].offset);
    if (first >= end || first * BLOCK < least) continue;
    if (Math.min(P, end * BLOCK) - first * BLOCK < least) continue;
    buckets.push({ first, end });
    end = first;
  }
  if (end > 0) buckets.push({ first: 0, end });
  return buckets;
}

/** The blocks of a bucket that rank `rank` of `ranks` updates. */
export function blocksOfRank({ first, end }: BlockRange, ranks: number, rank: number): BlockRange {
  const bound = (r: number): number => first + Math.floor((r * (end - first)) / ranks);
  return { first: bound(rank), end: bound(rank + 1) };
}
