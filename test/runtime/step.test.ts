import type { LayerSpec } from '@gradloom/core';
import { BLOCK } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { createContext } from '../../packages/runtime/src/context.ts';
import { planRun } from '../../packages/runtime/src/run/plan.ts';
import { prepareRun } from '../../packages/runtime/src/run/prepare.ts';
import { joinTeam, stepPhases } from '../../packages/runtime/src/step.ts';
import type { SpanTask } from '../../packages/runtime/src/threads/protocol.ts';
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

describe('rows of a pass', () => {
  const data = { train: randomDataset({ rows: 8, inputs: 2, classes: 3 }) };
  const dense = { kind: 'dense' as const, out: 3 };
  const start = (layers: LayerSpec[], batch: number) => {
    const plan = planRun({ input: 2, layers }, data, { batch, steps: 10, threads: 1, backend: 'wasm' });
    const { setup } = prepareRun(plan, data);
    const context = createContext(setup, 0);
    const task: SpanTask = { kind: 'span', setup, live: [setup.run], thread: 0, threads: 1, first: 0, limit: 10 };
    return { context, task, rows: context.workspace.x.subarray(0, 2 * batch) };
  };

  test('that come again in each step stay where they are, until the next span', () => {
    const { context, task, rows } = start([dense], 8);
    const [gradients] = stepPhases(null);
    joinTeam(context, task);
    gradients(context, task, 0);
    const gathered = rows.slice();
    rows.fill(7);
    gradients(context, task, 1);
    expect(rows).toEqual(rows.slice().fill(7));
    joinTeam(context, task);
    gradients(context, task, 2);
    expect(rows).toEqual(gathered);
  });

  test('are brought anew where the order changes, or the first layer writes over them', () => {
    expect(start([dense], 8).context.keepsRows).toBe(true);
    expect(start([dense], 4).context.keepsRows).toBe(false);
    expect(start([{ kind: 'activation', fn: 'tanh' }, dense], 8).context.keepsRows).toBe(false);
  });
});
