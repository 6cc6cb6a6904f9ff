import type { NodeSums } from '@gradloom/core';
import { type BlockUpdate, blockCount, createBlockUpdate, type Node, sumsOf } from '@gradloom/core/internal';
import type { RunContext } from './context.ts';
import { type RankStep, threadBlocks } from './rank-step.ts';

/** A thread's update of some blocks. */
export interface ThreadUpdate {
  readonly bucket: number;
  readonly update: BlockUpdate;
  readonly sums: NodeSums; // order in which it adds the gradient rows
}

/** Whether weights change once more after the update of all blocks, before their moving average does. */
export const changesWeightsLater = ({ setup, optimizer }: Pick<RunContext, 'setup' | 'optimizer'>): boolean =>
  setup.maxNorm !== null || optimizer.matrices !== undefined;

/**
 * The updates of a thread. Without other ranks: its share of all blocks, from its team's gradient rows. With other
 * ranks: its share of the rank's blocks in each bucket, from the gradient rows of all ranks.
 */
export function threadUpdates(
  context: RunContext,
  threads: number,
  leaves: number, // leaves of the batch
  nodes: readonly Node[], // nodes of the team's gradient rows, in order
  ranks: RankStep | null,
): ThreadUpdate[] {
  const { network, arena, optimizer, hyper, thread } = context;
  const defersAverage = changesWeightsLater(context);
  if (ranks === null) {
    const { first, end } = threadBlocks({ first: 0, end: blockCount(network.parameterCount) }, threads, thread);
    const update = createBlockUpdate(optimizer, network, arena, hyper, first, end, { defersAverage });
    return [{ bucket: 0, update, sums: sumsOf(nodes, leaves) }];
  }
  const { rankBlocks, rowLength, ties, sums, rows: gSum } = ranks;
  const { theta, state, squares, directions } = arena;
  return rankBlocks.map(({ first, end, shift }, bucket) => {
    const blocks = threadBlocks({ first, end }, threads, thread);
    const options = { defersAverage, range: { rowLength, shift, ties } };
    const memory = { theta, gSum, state, squares, directions };
    const update = createBlockUpdate(optimizer, network, memory, hyper, blocks.first, blocks.end, options);
    return { bucket, update, sums };
  });
}
