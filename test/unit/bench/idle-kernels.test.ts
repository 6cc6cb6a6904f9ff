import { dense, dropout, layerNorm, sequential } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { idleKernels } from '../../../bench/idle-kernels.ts';
import { createContext } from '../../../packages/runtime/src/engine/step/context.ts';
import { runSteps } from '../../../packages/runtime/src/engine/step/run-steps.ts';
import { teamPrograms } from '../../../packages/runtime/src/engine/step/step-program.ts';
import { CONTROL, resetControl } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { nodeEnvironment } from '../../../packages/runtime/src/engine/threads/node-environment.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import { needs } from '../../support/needs.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const data = { train: randomDataset({ rows: 80, inputs: 40, classes: 3 }) };
const spec = sequential(
  40,
  dense(300),
  layerNorm(),
  dropout(0.2),
  { kind: 'activation' as const, fn: 'relu' as const },
  dense(3),
);

// At 80 rows a batch is the dataset, and a whole step one block.
describe.each([
  ['reference', 32],
  ['wasm', 32],
  ['wasm', 80],
  ['native', 32],
] as const)('idle kernels of %s, batch %i', (backend, batch) => {
  test('take the same calls in as many steps, and compute nothing', needs(backend), () => {
    const plan = complete(planRun(spec, data, { batch, threads: 1, backend, steps: 1, shuffle: false }));
    const { setup } = complete(prepareRun(plan, data));
    const real = createContext(setup, 0, nodeEnvironment);
    const size = teamPrograms(real, 1, false).fullBatch.size;
    const context = { ...real, kernels: idleKernels(real.kernels), programs: new Map() };
    const program = teamPrograms(context, 1, false).fullBatch;
    expect(program.size).toEqual(size);
    expect(size.calls).toBeGreaterThan(10);
    const { theta, gSum, learningRates } = real.arena;
    // Products would overwrite the gradients, and an update move the weights.
    theta.fill(0.5);
    for (const array of [gSum, learningRates]) array.fill(1);
    resetControl(setup.control);
    runSteps(context, { kind: 'span', setup, live: [], thread: 0, threads: 1, first: 0, limit: 1000 });
    expect(setup.control[CONTROL.steps]).toBe(1000);
    expect(new Set(theta)).toEqual(new Set([0.5]));
    expect(new Set(gSum)).toEqual(new Set([1]));
  });
});
