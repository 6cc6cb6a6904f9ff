import type { NetworkSpec } from '@gradloom/core';
import { BLOCK, blockCount, planTeam } from '@gradloom/core/internal';
import type { DataSplits } from '../data/dataset.ts';
import { resolveBackend } from '../engine/backends/backend.ts';
import { barriersOf } from '../engine/step/plan-passes.ts';
import { teamOptions } from '../engine/step/team-part.ts';
import type { TrainOptions } from '../training/run/options.ts';
import { planRun } from '../training/run/plan.ts';

/** What one thread of a team has to do in a step on a whole batch. */
export interface ThreadWork {
  readonly rows: number;
  readonly passes: number;
  readonly gradientRows: number; // that it leaves to the update
  readonly parameters: number; // that it updates
}

/** The work of a step, whatever the team. */
export interface StepWork {
  readonly batch: number;
  readonly leaf: number; // rows of a leaf
  readonly parameters: number;
  readonly slots: number; // state vectors of the optimizer
  readonly barriers: number; // of a team in a step
  /** What each thread of a team has to do. */
  readonly threadsOf: (threads: number) => readonly ThreadWork[];
}

/** The work of each step of `train(spec, data, options)`. */
export function planStepWork(spec: NetworkSpec, data: DataSplits, options: TrainOptions): StepWork {
  const plan = planRun(spec, data, options);
  const { network, loss, optimizer, batch, lastBatch, leaf, rowsAtOnce, couples, clipNorm, maxNorm } = plan;
  const P = network.parameterCount;
  const backend = resolveBackend(plan.backend, plan.blas, network).name;
  const shape = { backend, batch, lastBatch, leaf, rowsAtOnce, couples };
  const startOf = (t: number, threads: number): number =>
    Math.min(P, BLOCK * Math.floor((t * blockCount(P)) / threads));
  return {
    ...{ batch, leaf, parameters: P, slots: optimizer.slots.length },
    // Behind the gradients and at the end of the step; where the norm must be known first; and around limited columns.
    barriers:
      2 +
      (clipNorm === null ? 0 : 1) +
      (maxNorm === null ? 0 : optimizer.shareAt === undefined ? 1 : 2) +
      (couples ? barriersOf({ network, loss }) : 0),
    threadsOf(threads) {
      const { passes, nodes } = planTeam(teamOptions(shape, batch, threads, false));
      return passes.map((own, t) => ({
        rows: own.reduce((sum, { first, count }) => sum + Math.min(count * leaf, batch - first * leaf), 0),
        passes: own.length,
        gradientRows: new Set(own.flatMap(({ row }) => (row < nodes.length ? [row] : []))).size,
        parameters: startOf(t + 1, threads) - startOf(t, threads),
      }));
    },
  };
}
