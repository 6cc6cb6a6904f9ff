import { readFileSync } from 'node:fs';
import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
  referenceKernels,
} from '@gradloom/core';
import { BLOCK, blockCount, createBlockUpdate, createList, gradientStride, runCalls } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { countPieces, piecesOf, type TensorLayout } from '../../../../../packages/core/src/training/pieces.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { maxRelativeError } from '../../../../support/errors.ts';
import { type GoldenTrajectory, goldenTrajectories, networkSpec, optimizerSpec } from '../../../../support/golden.ts';
import { optimizerRun } from '../../../../support/optimizer-run.ts';
import { tensorsOf } from '../../../../support/tensors-of.ts';

/** Parameter groups of PyTorch; see test/fixtures/weight-decay.py. */
const golden: GoldenTrajectory[] = JSON.parse(
  readFileSync(new URL('../../../../fixtures/weight-decay.json', import.meta.url), 'utf8'),
).runs;

const names = Object.keys(optimizers) as OptimizerName[];
const ROWS = 12;

test('every optimizer has a trajectory that spares biases and norms', () => {
  const sparing = [...golden, ...goldenTrajectories.filter(({ options }) => options.decayed === 'weights')];
  expect(new Set(sparing.map((run) => createOptimizer(optimizerSpec(run)).name))).toEqual(new Set<string>(names));
});

describe.each(golden.map((run) => [run.optimizer, run] as const))('%s', (_name, run) => {
  const { batch, losses, finalParams } = run;
  const follow = (options: object) => {
    const network = buildNetwork(networkSpec(run, ROWS));
    const optimizer = createOptimizer({ ...(optimizerSpec(run) as object), ...options } as OptimizerSpec);
    const shared = { kernels: referenceKernels, batch, seed: 1 };
    const trainer = createTrainStep({ network, loss: createLoss('mse'), optimizer, ...shared });
    trainer.parameters.set(run.params);
    const [I, O] = [network.inputs, network.outputs];
    const stepLosses = losses.map((_, k) => {
      const row = (k * batch) % ROWS;
      const x = Float64Array.from(run.x.slice(row * I, (row + batch) * I));
      return trainer.step(x, Float64Array.from(run.t.slice(row * O, (row + batch) * O)), batch).loss;
    });
    return { losses: stepLosses, parameters: trainer.parameters };
  };

  test('decays weights alone, as PyTorch does with two groups of parameters', () => {
    const run = follow({});
    expect(maxRelativeError(run.losses, losses)).toBeLessThan(1e-11);
    expect(maxRelativeError(run.parameters, finalParams)).toBeLessThan(1e-11);
  });

  test('decays all parameters unless told otherwise', () => {
    const { decayed: _, ...plain } = optimizerSpec(run) as { decayed?: string };
    const optimizer = createOptimizer(plain as OptimizerSpec);
    expect(optimizer.hyperLength).toBe(optimizer.groupLength);
    expect(maxRelativeError(follow({ decayed: 'all' }).parameters, finalParams)).toBeGreaterThan(1e-3);
  });
});

describe.each(names)('%s on blocks of weights, biases and both', (kind) => {
  const cut = tensorsOf([64, 60], [70], [BLOCK, 2], [3], [5], [7, 9]);
  const { parameterCount: P } = cut;
  const random = createRandom(9, kind);
  const normals = (length: number) => Float64Array.from({ length }, () => random.normal());

  test.each([1, 3])('each parameter takes the step of its kind, %d rows of gradients', (S) => {
    const spec = { kind, weightDecay: 0.5 } as OptimizerSpec;
    const optimizer = createOptimizer({ kind, weightDecay: 0.5, decayed: 'weights' } as OptimizerSpec);
    const memory = {
      theta: normals(P),
      gSum: normals(S * gradientStride('float64', P)),
      state: optimizer.slots.map(() => new Float64Array(P)),
      squares: new Float64Array(blockCount(P)),
    };
    const withDecay = optimizerRun(spec, memory.theta);
    const without = optimizerRun({ kind, weightDecay: 0 } as OptimizerSpec, memory.theta);
    const hyper = new Float64Array(optimizer.hyperLength);
    optimizer.hyper(hyper, Float64Array.of(optimizer.lr), Float64Array.from(optimizer.initialScalars));
    const { calls, emit } = createList();
    createBlockUpdate(optimizer, cut, memory, hyper).averageAndApply(emit, Float64Array.of(1 / 10), {
      pairs: [],
      count: S,
      step: 1,
    });
    runCalls(calls, referenceKernels);
    const g = memory.gSum.slice(0, P); // `average` left the mean there
    withDecay.step(g);
    without.step(g);
    const expected = new Float64Array(P);
    for (const { shape, offset, length } of cut.tensors) {
      const { theta } = shape.length > 1 ? withDecay : without;
      expected.set(theta.subarray(offset, offset + length), offset);
    }
    expect(memory.theta).toEqual(expected);
  });
});

test('pieces tile each block in order, are cut where the kind changes alone, and are whole where all is decayed', () => {
  const cut = tensorsOf([64, 60], [70], [BLOCK, 2], [3], [5], [7, 9]);
  const cutPieces = piecesOf(cut, createOptimizer({ kind: 'sgd', weightDecay: 1, decayed: 'weights' }));
  const W2 = 64 * 60 + 70;
  const b2 = W2 + 2 * BLOCK;
  expect(cutPieces).toEqual([
    [
      { offset: 0, n: 3840, group: 0 },
      { offset: 3840, n: 70, group: 1 },
      { offset: W2, n: BLOCK - W2, group: 0 },
    ],
    [{ offset: BLOCK, n: BLOCK, group: 0 }],
    [
      { offset: 2 * BLOCK, n: b2 - 2 * BLOCK, group: 0 },
      { offset: b2, n: 8, group: 1 },
      { offset: b2 + 8, n: 63, group: 0 },
    ],
  ]);
  expect(countPieces(cut, createOptimizer({ kind: 'sgd', weightDecay: 1, decayed: 'weights' }))).toBe(7);
  for (const spec of [{ kind: 'sgd', weightDecay: 1 } as const, { kind: 'sgd', decayed: 'weights' } as const]) {
    expect(piecesOf(cut, createOptimizer(spec)).map((pieces) => pieces.length)).toEqual([1, 1, 1]);
    expect(countPieces(cut, createOptimizer(spec))).toBe(3);
  }
});

test('pieces of more parameters than fit anywhere are counted without being made', () => {
  const huge = tensorsOf([2 ** 25, 2 ** 25], [2 ** 25]);
  const optimizer = createOptimizer({ kind: 'adam', weightDecay: 1, decayed: 'weights' });
  expect(countPieces(huge, optimizer)).toBe(2 ** 38 + 2 ** 13);
});

test.each([
  [{ kind: 'adam', decayed: 'biases' }, 'adam: decayed has "biases", expected one of all, weights'],
  [{ kind: 'sgd', decayed: true }, 'sgd: decayed has true, expected one of all, weights'],
])('%j is refused', (spec, sentence) => {
  expect(() => createOptimizer(spec as OptimizerSpec)).toThrow(sentence);
});

describe.each(names)('%s', (kind) => {
  test.each(['all', 'weights'] as const)('leaves what is not trained as it is, with decay of %s', (decayed) => {
    const shapes = [[64, 60], [70], [70], [5], [BLOCK, 2], [3], [5], [7, 9], [9]];
    const whole = tensorsOf(...shapes);
    const { parameterCount: P } = whole;
    // Alone, next to each other, a matrix over several blocks, and the last.
    const tensors = whole.tensors.map((tensor, k) => ({ ...tensor, isTrained: ![1, 2, 4, 6, 8].includes(k) }));
    const optimizer = createOptimizer({ kind, weightDecay: 0.5, decayed } as OptimizerSpec);
    const random = createRandom(9, kind);
    const normals = (length: number) => Float64Array.from({ length }, () => random.normal());
    const start = [normals(P), ...optimizer.slots.map(() => normals(P).map(Math.abs))];
    const gSum = normals(2 * gradientStride('float64', P));
    const updated = (cut: TensorLayout) => {
      const [theta, ...state] = start.map((vector) => vector.slice());
      const hyper = new Float64Array(optimizer.hyperLength);
      optimizer.hyper(hyper, Float64Array.of(0.1), Float64Array.from(optimizer.initialScalars));
      const memory = { theta, state, gSum: gSum.slice(), squares: new Float64Array(blockCount(P)) };
      const { calls, emit } = createList();
      createBlockUpdate(optimizer, cut, memory, hyper).averageAndApply(emit, Float64Array.of(1 / 10), {
        pairs: [],
        count: 2,
        step: 1,
      });
      runCalls(calls, referenceKernels);
      return [theta, ...state];
    };
    const cut = { ...whole, tensors };
    const [updatedCut, updatedWhole] = [updated(cut), updated(whole)];
    for (const { offset, length, isTrained, layer } of tensors) {
      const expected = isTrained ? updatedWhole : start;
      for (const [k, vector] of updatedCut.entries()) {
        const [is, should] = [vector, expected[k]].map((values) => values.subarray(offset, offset + length));
        expect([layer, k, firstDifference(is, should)]).toEqual([layer, k, null]);
      }
    }
    expect(piecesOf(cut, optimizer).flat()).toHaveLength(countPieces(cut, optimizer));
  });
});
