import type { Call } from '@gradloom/core';
import { createList, link, ops, probeLength, viewOf } from '@gradloom/core/internal';
import { rowsOf } from './batch.ts';
import type { RunContext } from './context.ts';
import { type LeafArray, rankExchanges } from './rank-exchanges.ts';
import { bindWaits, exchange } from './sync.ts';

const ALONE = 1; // number of threads that take part: only the first

/**
 * Gathers what ranks keep separately during a span: the moving average of the weights on all ranks, and the data of a
 * probed last step on the first rank. The first thread does it after the last step of a span.
 */
export function gatherFromRanks(context: RunContext, isProbed: boolean): void {
  const { setup, step, kernels, thread } = context;
  if (thread > 0) return;
  link(bindWaits(context, ALONE, gatherCalls(context, rowsOf(setup, step), isProbed)), kernels).run();
}

/** Called between two segments of coupled passes: sends to all ranks what the leaves of each have written. */
export function shareStatistics(context: RunContext, rows: number, arrays: readonly LeafArray[]): void {
  const exchanges = rankExchanges(context, rows);
  if (exchanges === null) return;
  const { calls, emit } = createList();
  const plan = exchanges.statistics(arrays);
  emit(exchange, plan, 'start');
  emit(exchange, plan, 'wait');
  link(bindWaits(context, ALONE, calls), context.kernels).run();
}

/** The operations of `gatherFromRanks` after a step on `rows` rows. */
export function gatherCalls(context: RunContext, rows: number, isProbed: boolean): readonly Call[] {
  const { network, arena } = context;
  const exchanges = rankExchanges(context, rows);
  const { calls, emit } = createList();
  if (exchanges === null) return calls;
  const plans = [];
  if (arena.evaluatedTheta !== arena.theta) plans.push(exchanges.average());
  if (isProbed) {
    // The mean gradient goes to the array where a run of one rank has it.
    for (const { offset, length, shift, rowShift } of arena.rankGradients.length === 0 ? [] : exchanges.rankBlocks) {
      const mean = viewOf(arena.gSum, offset + rowShift, length);
      emit(ops.copy, mean, viewOf(arena.rankGradients, offset + shift, length), length);
    }
    plans.push(exchanges.probe(probeLength(network)));
  }
  for (const plan of plans) {
    emit(exchange, plan, 'start');
    emit(exchange, plan, 'wait');
  }
  return calls;
}
