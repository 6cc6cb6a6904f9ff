import type { LayerSpec } from '@gradloom/core';
import { BLOCK, gradientStride } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { createContext } from '../../packages/runtime/src/context.ts';
import { planRun } from '../../packages/runtime/src/plan.ts';
import { prepareRun } from '../../packages/runtime/src/prepare.ts';
import type { SpanTask } from '../../packages/runtime/src/protocol.ts';
import { joinTeam, stepPhases } from '../../packages/runtime/src/step.ts';
import { needs } from '../support/needs.ts';
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

describe('rows of a shard', () => {
  const data = { train: randomDataset({ rows: 8, inputs: 2, classes: 3 }) };
  const dense = { kind: 'dense' as const, out: 3 };
  const start = (layers: LayerSpec[], batch: number) => {
    const plan = planRun({ input: 2, layers }, data, { batch, shards: 1, steps: 10, threads: 1, backend: 'wasm' });
    const { setup } = prepareRun(plan, data);
    const context = createContext(setup, 0);
    const task: SpanTask = { kind: 'span', setup, live: [setup.run], thread: 0, threads: 1, first: 0, limit: 10 };
    return { context, task, rows: context.workspace.x.subarray(0, 2 * batch) };
  };

  test('that come again in each step stay where they are, until the next span', () => {
    const { context, task, rows } = start([dense], 8);
    const [shards] = stepPhases(null);
    joinTeam(context, task);
    shards(context, task, 0);
    const gathered = rows.slice();
    rows.fill(7);
    shards(context, task, 1);
    expect(rows).toEqual(rows.slice().fill(7));
    joinTeam(context, task);
    shards(context, task, 2);
    expect(rows).toEqual(gathered);
  });

  test('are brought anew where the order changes, or the first layer writes over them', () => {
    expect(start([dense], 8).context.keepsRows).toBe(true);
    expect(start([dense], 4).context.keepsRows).toBe(false);
    expect(start([{ kind: 'activation', fn: 'tanh' }, dense], 8).context.keepsRows).toBe(false);
  });
});

describe('two shards at a time', () => {
  const data = { train: randomDataset({ rows: 26, inputs: 40, classes: 3 }) };
  const dense = (out: number) => ({ kind: 'dense' as const, out });
  const specOf = (width: number) => ({ input: 40, layers: [dense(width), dense(3)] });

  /**
   * Whether the last thread of such a team leaves the second half of the shards' rows of gradients alone, in whole and
   * short batches.
   */
  function leavesRows(
    shards: number,
    threads: number,
    backend: 'native' | 'wasm' | 'reference',
    step = 0,
    width = 100,
  ): boolean {
    const options = { batch: 8, shards, steps: 10, threads, backend, shuffle: false };
    const { setup, arena } = prepareRun(planRun(specOf(width), data, options), data);
    const thread = threads - 1;
    const context = createContext(setup, thread);
    const task: SpanTask = { kind: 'span', setup, live: [setup.run], thread, threads, first: 0, limit: 10 };
    const stride = gradientStride(arena.theta.length);
    arena.gSum.fill(7);
    joinTeam(context, task);
    stepPhases(null)[0](context, task, step);
    return arena.gSum.subarray(Math.floor(shards / 2) * stride).every((value) => value === 7);
  }

  describe.each(['native', 'wasm'] as const)('by %s', (backend) => {
    test('are taken where every thread has an even number of them', needs(backend), () => {
      expect(leavesRows(4, 1, backend)).toBe(true);
      expect(leavesRows(4, 2, backend)).toBe(true);
      expect(leavesRows(8, 2, backend)).toBe(true);
    });

    test('are not where a thread has an odd number, or a shard has no row', needs(backend), () => {
      expect(leavesRows(6, 2, backend)).toBe(false);
      expect(leavesRows(3, 1, backend)).toBe(false);
      expect(leavesRows(4, 2, backend, 3)).toBe(false); // the last batch has 2 rows
    });
  });

  test('are not in a network of one block, or by the reference', () => {
    expect(leavesRows(4, 2, 'wasm', 0, 93)).toBe(false); // 4,095 parameters
    expect(leavesRows(4, 2, 'wasm', 0, 94)).toBe(true);
    expect(leavesRows(4, 2, 'reference')).toBe(false);
  });
});
