import type { Elements } from '@gradloom/core';
import {
  createList,
  firstNotFinite,
  leafCount,
  link,
  type Node,
  nameOfLayer,
  show,
  stateLength,
  viewOf,
} from '@gradloom/core/internal';
import { countBatch, divisorOf } from '../../engine/step/batch.ts';
import type { RunContext } from '../../engine/step/context.ts';
import { rankExchanges } from '../../engine/step/rank-exchanges.ts';
import { rankStep } from '../../engine/step/rank-step.ts';
import { bindWaits } from '../../engine/step/sync.ts';
import { threadUpdates } from '../../engine/step/thread-updates.ts';
import { CHECKS, type FindingPosition } from './earliest-fault.ts';

/**
 * Adds the gradients that the passes of a step on `rows` rows have left, on all ranks and in the order of a step, to
 * the batch's mean gradient, and brings the losses of all leaves to each rank. Without other ranks, the mean is in the
 * first gradient row; otherwise each rank has the mean of its own parameters.
 */
export function addGradients(context: RunContext, step: number, rows: number, nodes: readonly Node[]): void {
  const { calls, emit } = createList();
  const threads = 1;
  const ranks = rankStep(context, threads, rows, nodes);
  const divisor = divisorOf(context, rows);
  countBatch(context, step, divisor);
  for (const bucket of ranks?.buckets.keys() ?? []) ranks?.startGradients(emit, bucket);
  const leaves = leafCount(rows, context.setup.leafRows);
  for (const { update, sums, bucket } of threadUpdates(context, threads, leaves, nodes, ranks)) {
    ranks?.finishGradients(emit, bucket);
    update.average(emit, divisor.reciprocal, sums);
  }
  ranks?.exchangeNotes(emit);
  link(bindWaits(context, threads, calls), context.kernels).run();
  ranks?.unpack();
}

/** Calls `recordBadNumber` for the first number of each tensor's gradient, in this rank's part, that is not finite. */
export function findBadGradient(
  context: RunContext,
  rows: number,
  recordBadNumber: (position: FindingPosition, description: string) => void,
): void {
  const { arena, network, setup } = context;
  const { gradientRanges, allLayers } = network;
  // If rows are independent, each rank has run all leaves itself and has the whole gradient.
  const rankBlocks = setup.couples ? rankExchanges(context, rows)?.rankBlocks : undefined;
  const parts =
    rankBlocks === undefined || arena.rankGradients.length === 0
      ? [{ start: 0, numbers: viewOf(arena.gSum, 0, stateLength(gradientRanges)) }]
      : rankBlocks.map(({ offset, length, shift, rowShift }) => ({
          start: offset + rowShift, // in a row of gradients
          numbers: viewOf(arena.rankGradients, offset + shift, length),
        }));
  for (const { start, numbers } of parts) {
    for (const networkLayer of allLayers) {
      for (const { name, gradientOffset, length } of networkLayer.tensors) {
        if (gradientOffset === null) continue;
        const first = Math.max(gradientOffset, start);
        const part = partOf(numbers, first - start, gradientOffset + length - start);
        const badIndex = firstNotFinite(part, part.length);
        if (badIndex === undefined) continue;
        const description = `gradient with respect to ${name} of ${nameOfLayer(networkLayer)} has ${show(part[badIndex])}`;
        recordBadNumber({ check: CHECKS.gradients, index: first + badIndex }, description);
      }
    }
  }
}

/** The numbers from `from` to `to` that exist. */
const partOf = (numbers: Elements, from: number, to: number): Elements =>
  viewOf(numbers, Math.min(from, numbers.length), Math.max(0, Math.min(to, numbers.length) - from));
