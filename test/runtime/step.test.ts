import { BLOCK } from '@gradloom/core';
import { expect, test } from 'vitest';
import { createContext } from '../../packages/runtime/src/context.ts';
import { planRun } from '../../packages/runtime/src/plan.ts';
import { prepareRun } from '../../packages/runtime/src/prepare.ts';
import type { SpanTask } from '../../packages/runtime/src/protocol.ts';
import { joinTeam, stepPhases } from '../../packages/runtime/src/step.ts';
import { randomDataset } from '../support/random-dataset.ts';

test('a thread that takes its place in a team again updates its own blocks, whoever had the place in between', () => {
  const data = { train: randomDataset({ rows: 8, inputs: 100, classes: 3 }) };
  const spec = {
    input: 100,
    layers: [
      { kind: 'dense' as const, out: 150 },
      { kind: 'dense' as const, out: 3 },
    ],
  };
  const { setup, arena } = prepareRun(planRun(spec, data, { batch: 8, steps: 10, threads: 3, backend: 'wasm' }), data);
  const task = (threads: number): SpanTask => {
    return { kind: 'span', setup, live: [setup.run], thread: 1, threads, first: 0, limit: 10 };
  };
  const [own, other] = [createContext(setup, 1), createContext(setup, 1)];
  joinTeam(own, task(2));
  joinTeam(other, task(3));
  joinTeam(own, task(2));
  arena.rates.fill(0.1);
  arena.gSum.fill(1);
  const before = arena.theta.slice();
  stepPhases(null)[1](own, task(2), 0);
  const blocks = Math.ceil(before.length / BLOCK);
  const changed = Array.from({ length: blocks }, (_, k) => arena.theta[k * BLOCK] !== before[k * BLOCK]);
  expect(blocks).toBe(4);
  expect(changed).toEqual([false, false, true, true]);
});
