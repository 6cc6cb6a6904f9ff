import { buildNetwork, createRandom, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { onlyKeys, positiveInteger, shardGradient } from '@gradloom/core/internal';
import type { BackendChoice } from './backend.ts';
import { createContext } from './context.ts';
import { datasetFromRows } from './datasets/index.ts';
import { planRun } from './plan.ts';
import { prepareRun } from './prepare.ts';
import { gatherShards } from './step.ts';

/** How long one pass of a batch through a network took. */
export interface PassTimes {
  readonly forwardMs: number;
  readonly backwardMs: number; // from the gradient of the loss on; the loss itself belongs to neither
}

export interface PassTimerOptions {
  batch: number;
  backend: BackendChoice;
  blas?: string;
}

/** Times one pass of normal noise, by the kernels of `backend` in this thread, whenever it is called. */
export function createPassTimer(spec: NetworkSpec, options: PassTimerOptions): () => PassTimes {
  onlyKeys('createPassTimer', options, ['batch', 'backend', 'blas']);
  const batch = positiveInteger('createPassTimer', 'batch', options.batch);
  const { input, output } = buildNetwork(spec);
  const random = createRandom(0, 'pass-timer');
  const noise = (columns: number) =>
    Array.from({ length: batch }, () => Array.from({ length: columns }, () => random.normal()));
  const data = { train: datasetFromRows({ inputs: noise(input), targets: noise(output), name: 'noise' }) };
  const plan = planRun(spec, data, { ...options, threads: 1, shards: 1, shuffle: false, steps: 1, loss: 'mse' });
  const { setup, arena } = prepareRun(plan, data);
  initializeParameters(plan.network, arena.theta, plan.seed);
  const context = createContext(setup, 0);
  const { network, workspace, theta, gradients, lossSlots, pass } = context;
  return () => {
    const rows = gatherShards(context, 0, 0, 1);
    let forwardEnd = 0;
    let backwardStart = 0;
    const start = performance.now();
    shardGradient(lossSlots[0], network, workspace, theta, gradients[0], rows, pass, (phase) => {
      if (phase === 'forward') forwardEnd = performance.now();
      else if (phase === 'loss') backwardStart = performance.now();
    });
    return { forwardMs: forwardEnd - start, backwardMs: performance.now() - backwardStart };
  };
}
