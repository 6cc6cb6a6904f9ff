import { type LayerSpec, sequential } from '@gradloom/core';
import { BLOCK, complete, ops } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { createContext } from '../../../../../packages/runtime/src/engine/step/context.ts';
import { planPasses } from '../../../../../packages/runtime/src/engine/step/plan-passes.ts';
import { runSteps } from '../../../../../packages/runtime/src/engine/step/run-steps.ts';
import { teamPrograms } from '../../../../../packages/runtime/src/engine/step/step-program.ts';
import { batchPart } from '../../../../../packages/runtime/src/engine/step/team-part.ts';
import { resetControl } from '../../../../../packages/runtime/src/engine/threads/barrier.ts';
import { cacheContexts } from '../../../../../packages/runtime/src/engine/threads/contexts.ts';
import { nodeEnvironment } from '../../../../../packages/runtime/src/engine/threads/node-environment.ts';
import type { RunSetup, SpanTask } from '../../../../../packages/runtime/src/engine/threads/protocol.ts';
import { planRun } from '../../../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../../../packages/runtime/src/training/run/prepare.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { randomDataset } from '../../../../support/random-dataset.ts';

test('a thread that takes its place in a team again updates its own blocks, whoever had the place in between', () => {
  const data = { train: randomDataset({ rows: 8, inputs: 100, classes: 3 }) };
  const spec = sequential(100, { kind: 'dense' as const, out: 150 }, { kind: 'dense' as const, out: 3 });
  const { setup, arena } = complete(
    prepareRun(complete(planRun(spec, data, { batch: 8, steps: 10, threads: 3, backend: 'wasm' })), data),
  );
  const [threadContext, otherContext] = [
    createContext(setup, 1, nodeEnvironment),
    createContext(setup, 1, nodeEnvironment),
  ];
  teamPrograms(threadContext, 2, false);
  teamPrograms(otherContext, 3, false);
  const { fullBatch: whole } = teamPrograms(threadContext, 2, false);
  threadContext.barrier = { arrive: () => true };
  threadContext.hypers.fill(0.1);
  for (let i = 0; i < arena.theta.length; i++) arena.theta[i] = Math.sin(i);
  const before = arena.theta.slice();
  expect(whole.run()).toBe(true);
  const blocks = Math.ceil(before.length / BLOCK);
  const changed = Array.from({ length: blocks }, (_, k) => {
    const [after, was] = [arena.theta, before].map((theta) => theta.subarray(k * BLOCK, (k + 1) * BLOCK));
    return firstDifference(after, was) !== null;
  });
  expect(blocks).toBe(4);
  expect(changed).toEqual([false, false, true, true]);
});

test('a thread builds its context again if another thread has had its place', () => {
  const data = { train: randomDataset({ rows: 8, inputs: 2, classes: 3 }) };
  const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 3 }] };
  const plan = complete(planRun(spec, data, { batch: 8, steps: 1, threads: 1, backend: 'wasm' }));
  const { setup } = complete(prepareRun(plan, data));
  const [contextOf, otherContextOf] = [1, 2].map(() =>
    cacheContexts((setup: RunSetup, thread) => createContext(setup, thread, nodeEnvironment)),
  );
  const teamTask = { setup, thread: 0, threads: 1, live: [setup.run] };
  const first = contextOf(teamTask);
  expect(contextOf(teamTask)).toBe(first);
  const between = otherContextOf(teamTask);
  const second = contextOf(teamTask);
  expect(second).not.toBe(first);
  expect(contextOf(teamTask)).toBe(second);
  expect(otherContextOf(teamTask)).not.toBe(between);
});

test.each([false, true])(
  'the passes of a thread that go on together add the sums of all leaves once, probed: %s',
  (probed) => {
    const data = { train: randomDataset({ rows: 1000, inputs: 2, classes: 3 }) };
    const layers: LayerSpec[] = [{ kind: 'dense', out: 3 }, { kind: 'batch-norm' }];
    const plan = complete(
      planRun({ input: 2, layers }, data, { batch: 1000, steps: 1, threads: 1, backend: 'wasm', probe: 1 }),
    );
    const { setup } = complete(prepareRun(plan, data));
    const { passes } = batchPart(setup, 1000, 1, 0, probed);
    expect(passes.length).toBeGreaterThan(1);
    const planned = planPasses(createContext(setup, 0, nodeEnvironment), passes, 1000, probed);
    const calls = planned.flatMap(({ segments }) => segments.flat());
    expect(calls.filter(({ op }) => op.name === ops.leafMean.name)).toHaveLength(4);
  },
);

describe('rows of a pass', () => {
  const data = { train: randomDataset({ rows: 8, inputs: 2, classes: 3 }) };
  const dense = { kind: 'dense' as const, out: 3 };
  const start = (layers: LayerSpec[], batch: number) => {
    const plan = complete(planRun({ input: 2, layers }, data, { batch, steps: 10, threads: 1, backend: 'wasm' }));
    const { setup } = complete(prepareRun(plan, data));
    const context = createContext(setup, 0, nodeEnvironment);
    const task: SpanTask = { kind: 'span', setup, live: [setup.run], thread: 0, threads: 1, first: 0, limit: 10 };
    return { context, task, rows: context.workspace.x.subarray(0, 2 * batch) };
  };

  test('that come again in each step stay where they are, until the next span', () => {
    const { context, task, rows } = start([dense], 8);
    resetControl(task.setup.control);
    runSteps(context, { ...task, limit: 1 });
    const gathered = rows.slice();
    rows.fill(7);
    teamPrograms(context, 1, false).fullBatch.run();
    expect(rows).toEqual(rows.slice().fill(7));
    runSteps(context, { ...task, first: 1, limit: 2 });
    expect(rows).toEqual(gathered);
  });

  test('are brought anew where the order changes, or the first layer writes over them', () => {
    const fixedPassOf = (layers: LayerSpec[], batch: number) =>
      teamPrograms(start(layers, batch).context, 1, false).fixedPass;
    expect(fixedPassOf([dense], 8)).toMatchObject({ first: 0 });
    expect(fixedPassOf([dense], 4)).toBeNull();
    expect(fixedPassOf([{ kind: 'activation', fn: 'tanh' }, dense], 8)).toBeNull();
    expect(fixedPassOf([{ kind: 'flatten' }, dense], 8)).toMatchObject({ first: 0 });
    expect(fixedPassOf([{ kind: 'flatten' }, { kind: 'activation', fn: 'tanh' }, dense], 8)).toBeNull();
  });
});
