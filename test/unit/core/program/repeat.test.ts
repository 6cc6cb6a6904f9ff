import { dense, sequential } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import type { ActivationName } from '../../../../packages/core/src/families/activations/index.ts';
import { createLoss, type LossName } from '../../../../packages/core/src/families/losses/index.ts';
import { createOptimizer, type OptimizerSpec } from '../../../../packages/core/src/families/optimizers/index.ts';
import { type ElementType, elementTypes, FLOAT64 } from '../../../../packages/core/src/math/element-type.ts';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import type { Allocate } from '../../../../packages/core/src/math/scratch.ts';
import { leafCount, ONE_ROW } from '../../../../packages/core/src/math/tree/index.ts';
import { createWorkspace, emitNode } from '../../../../packages/core/src/network/backprop.ts';
import { blockCount } from '../../../../packages/core/src/network/gradient-ranges.ts';
import { NO_BATCH } from '../../../../packages/core/src/network/layers/index.ts';
import { bindTensors, buildNetwork, initializeParameters } from '../../../../packages/core/src/network/network.ts';
import type { Block, Kernels } from '../../../../packages/core/src/program/kernels.ts';
import { link, type TapeMemory, tapesOf } from '../../../../packages/core/src/program/link.ts';
import { createList } from '../../../../packages/core/src/program/op.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { createTrainStep } from '../../../../packages/core/src/training/train-step.ts';
import { createBlockUpdate, gradientOf, gradientStride } from '../../../../packages/core/src/training/update.ts';
import { createGuardedMemory } from '../../../support/guarded-memory.ts';
import { lacking } from '../../../support/lacking.ts';

// A program of a whole step, without a call of the host in it: what one thread repeats.

const memories = { float64: createGuardedMemory(), float32: createGuardedMemory(256, 'float32') };
const ROWS = 37; // three leaves
const LEAF = 16;
const STEPS = 40;

interface Settings {
  type: ElementType;
  spec: OptimizerSpec;
  lossName: LossName;
  fn: ActivationName;
  clipNorm: number | null;
}
const usual: Settings = { type: 'float64', spec: 'adam', lossName: 'mse', fn: 'tanh', clipNorm: null };

interface Ways {
  kernels?: (kernels: Kernels) => Kernels; // default: those of the guarded memory
  room?: TapeMemory | null;
}

/** A program of a step, and the same run by `createTrainStep` in plain code. */
function setUp(settings: Partial<Settings>, ways: Ways = {}) {
  const { type, spec, lossName, fn, clipNorm } = { ...usual, ...settings };
  const memory = memories[type];
  memory.reset([[64, 64]]);
  const allocate = ((length: number, type: typeof FLOAT64) => memory.allocate(length, type).fill(0)) as Allocate;
  const network = buildNetwork(sequential(6, dense(7), { kind: 'activation', fn }, dense(3)));
  const loss = createLoss(lossName);
  const optimizer = createOptimizer(spec);
  const random = createRandom(4, 'steps');
  const P = network.parameterCount;
  const workspace = createWorkspace(network, loss, ROWS, allocate);
  for (let i = 0; i < workspace.x.length; i++) workspace.x[i] = random.normal();
  for (let i = 0; i < workspace.t.length; i++) workspace.t[i] = random.integer(3);
  const [x, t] = [workspace.x.slice(), workspace.t.slice()];
  const clip = clipNorm === null ? {} : { clipNorm };
  const oracle = createTrainStep({
    network,
    loss,
    optimizer,
    elementType: type,
    kernels: referenceKernels,
    batch: ROWS,
    seed: 1,
    ...clip,
  });

  const H = optimizer.hyperLength;
  const theta = allocate(P);
  const restart = () => initializeParameters(network, theta, 1);
  restart();
  const gSum = allocate(gradientStride(type, P));
  const state = optimizer.slots.map(() => allocate(P));
  const squares = allocate(blockCount(P), FLOAT64);
  const [losses, norms] = [STEPS, STEPS].map((n) => allocate(n, FLOAT64));
  const [hypers, hyper] = [STEPS * H, H].map((n) => allocate(n, FLOAT64));
  const [note, next, stepAndRow, scale] = [2, 1, 2, 1].map((n) => allocate(n, FLOAT64));
  const leaves = leafCount(ROWS, LEAF);
  const lossSums = allocate(leaves, FLOAT64);
  const [rows, share] = [ROWS, 1 / ROWS].map((number) => allocate(1, FLOAT64).fill(number));

  const { calls, emit } = createList();
  const gradients = bindTensors(network, gradientOf(gSum, P, 0));
  const pass = {
    emit,
    training: true,
    seed: 1,
    leafRows: LEAF,
    accumulate: false,
    batch: NO_BATCH,
    stepAndRow,
    lengths: workspace.lengths,
  };
  emitNode(lossSums, network, workspace, bindTensors(network, theta), gradients, ROWS, pass);
  const update = createBlockUpdate(optimizer, network, { theta, gSum, state, squares }, hyper);
  emit(ops.loadHyper, hyper, hypers, next, H);
  if (clipNorm === null) update.averageAndApply(emit, share, ONE_ROW);
  else {
    update.average(emit, share, ONE_ROW);
    emit(ops.clip, scale, squares, squares.length, clipNorm);
    update.apply(emit, scale);
  }
  emit(ops.recordStep, note, losses, norms, lossSums, squares, leaves, squares.length, rows);
  const room = ways.room === undefined ? tapesOf(memory.allocate as Allocate) : ways.room;
  const program = link(calls, ways.kernels?.(memory.kernels) ?? memory.kernels, room);
  return {
    program,
    block: program.block as Block,
    stop: note.subarray(1, 2),
    theta,
    state,
    losses,
    norms,
    note,
    next,
    oracle,
    oneStep: (lr: number) => oracle.step(x, t, ROWS, lr),
    /** Writes the hyperparameters of steps at these rates. */
    prepare(rates: readonly number[]) {
      const scalars = Float64Array.from(optimizer.initialScalars);
      for (const [k, rate] of rates.entries()) {
        optimizer.hyper(hypers.subarray(k * H, (k + 1) * H), Float64Array.of(rate), scalars);
        optimizer.advance(scalars);
      }
    },
    /** To the state before the first step. */
    restart() {
      restart();
      for (const array of [...state, losses, norms, note, next]) array.fill(0);
    },
    outcome: () => [theta, ...state, losses, norms, note, next].map((array) => [...array]),
  };
}

const optimizers: OptimizerSpec[] = [
  'adam',
  'adamw',
  { kind: 'sgd', lr: 0.1 },
  { kind: 'sgd', lr: 0.1, momentum: 0.9 },
  { kind: 'adam', weightDecay: 0.3, decayed: 'weights' },
];
const everyRun = elementTypes.flatMap((type) =>
  optimizers.flatMap((spec) =>
    (['mse', 'softmax-cross-entropy'] as const).flatMap((lossName) =>
      [null, 0.05].map((clipNorm) => ({ type, spec, lossName, clipNorm })),
    ),
  ),
);
const rates = Array.from({ length: STEPS }, (_, k) => 0.1 / (k + 1));

test.each(everyRun)(
  'repeated steps have the bits of plain ones: $type, $spec, $lossName, clipped to $clipNorm',
  (settings) => {
    const run = setUp(settings);
    run.prepare(rates);
    const expected = rates.map(run.oneStep);
    expect(run.block.repeat(STEPS, run.stop)).toBe(STEPS);
    expect([...run.losses]).toEqual(expected.map((step) => step.loss));
    expect([...run.norms]).toEqual(expected.map((step) => step.norm));
    expect([...run.theta]).toEqual([...run.oracle.parameters]);
    expect(run.state.map((slot) => [...slot])).toEqual(run.oracle.state.map((slot) => [...slot]));
    expect([...run.note, ...run.next]).toEqual([STEPS, 0, STEPS]);
  },
);

test('k repeats are k runs, in whatever portions', () => {
  const run = setUp({});
  run.prepare(rates);
  for (let k = 0; k < STEPS; k++) expect(run.program.run()).toBe(true);
  const expected = run.outcome();
  for (const portions of [[STEPS], [1, 2, STEPS - 3], [0, 7, 0, STEPS - 7]]) {
    run.restart();
    for (const times of portions) expect(run.block.repeat(times, run.stop)).toBe(times);
    expect(run.outcome()).toEqual(expected);
  }
});

test.each([1e120, 1e160])(
  'they end after the first that is not finite, and note where they were told to: rate %d',
  (rate) => {
    const run = setUp({ spec: { kind: 'sgd', lr: 1 } });
    const all = Array.from({ length: STEPS }, (_, k) => (k < 5 ? 0.1 : rate));
    run.prepare(all);
    let steps = 0;
    let last = { loss: 0, norm: 0 };
    while (Number.isFinite(last.loss) && Number.isFinite(last.norm)) last = run.oneStep(all[steps++]);
    expect(steps).toBeGreaterThan(5);
    expect(steps).toBeLessThan(STEPS - 3);
    run.losses.fill(7);
    run.note[0] = 3;
    expect(run.block.repeat(STEPS - 3, run.stop)).toBe(steps);
    expect([...run.losses.subarray(0, 3)]).toEqual([7, 7, 7]);
    expect(run.losses[3 + steps - 1]).toBe(last.loss);
    expect(run.norms[3 + steps - 1]).toBe(last.norm);
    expect(run.losses[3 + steps]).toBe(7);
    expect([...run.note]).toEqual([3 + steps, 1]);
    expect([...run.theta]).toEqual([...run.oracle.parameters]);
  },
);

test('a step of calls that the backend joins is one block, and one of calls that it does not join', () => {
  const [joined, apart] = [[], ['adamOfMean']].map((names) => {
    const run = setUp({}, { kernels: (kernels) => lacking(kernels, names) });
    run.prepare(rates);
    expect(run.block.repeat(STEPS, run.stop)).toBe(STEPS);
    return run.outcome();
  });
  expect(joined).toEqual(apart);
});

test('a step whose tape finds no room repeats itself all the same', () => {
  const [inside, ...outside] = [{}, { room: null }, { room: { take: () => null } }].map((ways) => {
    const run = setUp({}, ways);
    run.prepare(rates);
    expect(run.block.repeat(STEPS, run.stop)).toBe(STEPS);
    return run.outcome();
  });
  expect(outside).toEqual([inside, inside]);
});

describe('a step is no block', () => {
  test.each([
    'affine',
    'affineBackwardWeights',
    'tanhForward',
    'tanhBackward',
    'mse',
    'loadHyper',
    'sgd',
    'recordStep',
  ])('where %s is plain code', (plain) => {
    const lacked = plain === 'sgd' ? ['sgd', 'sgdOfMean'] : [plain];
    const spec: OptimizerSpec = { kind: 'sgd', lr: 0.1 };
    expect(setUp({ spec }).program.block).not.toBeNull();
    expect(setUp({ spec }, { kernels: (kernels) => lacking(kernels, lacked) }).program.block).toBeNull();
  });

  test('where the backend has none', () => {
    expect(setUp({}, { kernels: () => referenceKernels }).program.block).toBeNull();
  });
});
