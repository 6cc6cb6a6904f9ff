import type { NetworkSpec } from '@gradloom/core';
import { BLOCK, blockCount, complete, planTeam, segmentsOf } from '@gradloom/core/internal';
import type { DataSplits } from '../data/dataset.ts';
import { resolveBackend } from '../engine/backends/backend.ts';
import { emptyPass } from '../engine/memory/thread-scratch.ts';
import { teamOptions } from '../engine/step/team-part.ts';
import type { TrainOptions } from '../training/run/options.ts';
import { planRun } from '../training/run/plan.ts';

/** Work of one thread of a team in a step on a whole batch. */
export interface ThreadWork {
  readonly rows: number;
  readonly passes: number;
  readonly gradientRows: number; // gradient rows that it fills, which the update sums
  readonly parameters: number; // parameters that it updates
}

/** Work of a step, for teams of any size. */
export interface StepWork {
  readonly batch: number;
  readonly leafRows: number;
  readonly parameters: number; // that have gradients
  readonly slots: number; // state vectors of the optimizer
  readonly barriers: number; // barriers of a team per step
  /** The work of each thread of a team. */
  readonly threadsOf: (threads: number) => readonly ThreadWork[];
}

/** Work of each step of `train(spec, data, options)`. */
export function planStepWork(spec: NetworkSpec, data: DataSplits, options: TrainOptions): StepWork {
  const plan = complete(planRun(spec, data, options));
  const { network, loss, optimizer, batch, lastBatch, leafRows, rowsAtOnce, couples, clipNorm, maxNorm } = plan;
  const P = network.parameterCount;
  const backend = resolveBackend(plan.backend, { path: plan.blas, network }).name;
  const shape = { backend, batch, lastBatch, leafRows, rowsAtOnce, couples };
  const startOf = (t: number, threads: number): number =>
    Math.min(P, BLOCK * Math.floor((t * blockCount(P)) / threads));
  /** Parameters with gradients, of those from `start` to `end`. */
  const countBetween = (start: number, end: number): number =>
    network.gradientRanges.reduce(
      (sum, { offset, length }) => sum + Math.max(0, Math.min(offset + length, end) - Math.max(offset, start)),
      0,
    );
  return {
    batch,
    leafRows,
    parameters: countBetween(0, P),
    slots: optimizer.slots.length,
    // One after the gradients, one at the end; one before clipping, which needs the norm; others around max-norm.
    barriers:
      2 +
      (clipNorm === null ? 0 : 1) +
      (maxNorm === null ? 0 : 1 + Number(optimizer.smoothingAt !== undefined)) +
      (couples ? segmentsOf(emptyPass(network, loss)).length - 1 : 0),
    threadsOf(threads) {
      const { passes, nodes } = planTeam(teamOptions(shape, batch, threads));
      return passes.map((threadPasses, t) => ({
        rows: threadPasses.reduce(
          (sum, { first, count }) => sum + Math.min(count * leafRows, batch - first * leafRows),
          0,
        ),
        passes: threadPasses.length,
        gradientRows: new Set(threadPasses.flatMap(({ row }) => (row < nodes.length ? [row] : []))).size,
        parameters: countBetween(startOf(t, threads), startOf(t + 1, threads)),
      }));
    },
  };
}
