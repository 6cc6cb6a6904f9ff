import { buildNetwork, createRandom, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { checkKeys, complete, link, option } from '@gradloom/core/internal';
import { datasetFromRows } from '../data/index.ts';
import type { BackendChoice } from '../engine/backends/backend-choices.ts';
import { gatherLeaves } from '../engine/step/batch.ts';
import { createContext } from '../engine/step/context.ts';
import { planPasses } from '../engine/step/plan-passes.ts';
import { batchPart } from '../engine/step/team-part.ts';
import { nodeEnvironment } from '../engine/threads/node-environment.ts';
import { planRun } from '../training/run/plan.ts';
import { prepareRun } from '../training/run/prepare.ts';

/** Duration of one pass of a batch through a network. */
export interface PassTimes {
  readonly forwardMs: number;
  readonly backwardMs: number; // starts at the gradient of the loss; the loss is in neither time
}

export interface PassTimerOptions {
  batch: number;
  backend: BackendChoice;
  blas?: string;
}

/** Returns a function that times one pass over normal noise, with the kernels of `backend` in this thread. */
export function createPassTimer(spec: NetworkSpec, options: PassTimerOptions): () => PassTimes {
  checkKeys('createPassTimer', options, ['batch', 'backend', 'blas']);
  const batch = option.positiveInteger.check('createPassTimer', 'batch', options.batch);
  const { inputs, outputs } = buildNetwork(spec);
  const random = createRandom(0, 'pass-timer');
  const noise = (columns: number) =>
    Array.from({ length: batch }, () => Array.from({ length: columns }, () => random.normal()));
  const data = { train: datasetFromRows({ inputs: noise(inputs), targets: noise(outputs), name: 'noise' }) };
  const plan = complete(planRun(spec, data, { ...options, threads: 1, shuffle: false, steps: 1, loss: 'mse' }));
  const { setup, arena } = complete(prepareRun(plan, data));
  initializeParameters(plan.network, arena.theta, plan.seed);
  const [step, thread] = [0, 0];
  const context = createContext(setup, thread, nodeEnvironment);
  const { passes } = batchPart(setup, batch, plan.threads, thread);
  let [forwardEnd, backwardStart] = [0, 0];
  const isProbed = false;
  const passPlans = planPasses(context, passes, batch, isProbed, (phase) => {
    if (phase === 'forward') forwardEnd = performance.now();
    else if (phase === 'loss') backwardStart = performance.now();
  });
  const programs = passPlans.map((pass) => ({ ...pass, program: link(pass.segments.flat(), context.kernels) }));
  return () => {
    let [forwardMs, backwardMs] = [0, 0];
    for (const { first, count, workspace, program } of programs) {
      gatherLeaves(context, step, first, count, workspace);
      const start = performance.now();
      program.run();
      backwardMs += performance.now() - backwardStart;
      forwardMs += forwardEnd - start;
    }
    return { forwardMs, backwardMs };
  };
}
