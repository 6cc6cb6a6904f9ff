import type { Network } from '../network/network.ts';
import { BLOCK, blockCount } from './block.ts';

/** Consecutive blocks, from `first` to before `end`. */
export interface BlockRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Cuts the parameters into buckets of whole blocks, in the order in which a backward pass completes their gradients:
 * from last to first. A bucket ends at the start of a tensor once it has `least` parameters. If fewer parameters than
 * that would remain, they join it.
 */
export function bucketsOf({ tensors, parameterCount: P }: Pick<Network, 'tensors' | 'parameterCount'>, least: number) {
  const buckets: BlockRange[] = [];
  let end = blockCount(P);
  for (let k = tensors.length - 1; k > 0; k--) {
    // The block in which a tensor begins may also hold the end of the tensor before.
    const first = blockCount(tensors[k].offset);
    if (first >= end || first * BLOCK < least) continue;
    if (Math.min(P, end * BLOCK) - first * BLOCK < least) continue;
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
