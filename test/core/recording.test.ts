import { describe, expect, test } from 'vitest';
import { createWorkspace, nodeGradient, recordedCalls, recordNodeGradient } from '../../packages/core/src/backprop.ts';
import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createTrainStep,
  initializeParameters,
  type LayerSpec,
  type OptimizerSpec,
  type Pass,
  referenceKernels,
} from '../../packages/core/src/index.ts';
import {
  BLOCK,
  bindTensors,
  blockCount,
  createBlockUpdate,
  gradientOf,
  gradientStride,
  leafCount,
  recordSteps,
  stepCalls,
  tapeLength,
  updateCalls,
} from '../../packages/core/src/internal.ts';
import { createRandom } from '../../packages/core/src/random/index.ts';
import { createGuardedMemory } from '../support/guarded-memory.ts';
import { tensorsOf } from '../support/tensors-of.ts';

const memory = createGuardedMemory();
const { kernels } = memory;
const B = 5;
const SUMS = { joins: [[1, 2] as const], count: 2, step: 1 };

/** Some leaves of random rows, its gradient by plain calls and, where it can be recorded, by a tape. */
function setUp(layers: LayerSpec[], lossName: 'mse' | 'softmax-cross-entropy' | 'huber') {
  memory.reset([[64, 64]]);
  const network = buildNetwork({ input: 6, layers });
  const loss = createLoss(lossName);
  const random = createRandom(3, lossName);
  const P = network.parameterCount;
  const theta = memory.allocate(P);
  initializeParameters(network, theta, 1);
  const workspace = createWorkspace(network, loss, B, memory.allocate);
  const parameters = bindTensors(network, theta);
  const pass: Pass = { kernels, training: true, seed: 1, step: 0, firstRow: 0, leaf: 2, joins: false };
  const [gradient, lossSum] = [memory.allocate(P), memory.allocate(3)];
  const gradients = bindTensors(network, gradient);
  const tape = memory.allocate(tapeLength(recordedCalls(network)));
  const fill = () => {
    for (let i = 0; i < workspace.x.length; i++) workspace.x[i] = random.normal();
    for (let i = 0; i < workspace.t.length; i++) workspace.t[i] = random.integer(3);
  };
  return {
    play: recordNodeGradient(tape, lossSum, network, loss, workspace, parameters, gradients, B, pass),
    fill,
    workspace,
    outcome: () => [...lossSum, ...gradient],
    direct: () => nodeGradient(lossSum, network, workspace, parameters, gradients, B, pass),
    clear: () => gradient.fill(Number.NaN),
  };
}

const names = Object.keys(kernels.fast.activations) as (keyof typeof kernels.fast.activations)[];

describe.each(names)('%s', (fn) => {
  test.each(['mse', 'softmax-cross-entropy'] as const)(
    'a recorded pass has the bits of the plain calls: %s',
    (loss) => {
      const { play, fill, workspace, outcome, direct, clear } = setUp(
        [
          { kind: 'dense', out: 7 },
          { kind: 'activation', fn },
          { kind: 'dense', out: 9 },
          { kind: 'activation', fn },
          { kind: 'dense', out: 3 },
        ],
        loss,
      );
      for (let round = 0; round < 3; round++) {
        fill();
        const [x, t] = [workspace.x.slice(), workspace.t.slice()];
        direct();
        const expected = outcome();
        clear();
        workspace.x.set(x); // the first layer may have overwritten it
        workspace.t.set(t);
        play?.();
        expect(outcome()).toEqual(expected);
      }
      expect(play).not.toBeNull();
    },
  );
});

test.each<[string, LayerSpec[], 'mse' | 'huber']>([
  [
    'a layer that draws numbers',
    [
      { kind: 'dropout', rate: 0.5 },
      { kind: 'dense', out: 3 },
    ],
    'mse',
  ],
  [
    'an activation in plain code',
    [
      { kind: 'dense', out: 3 },
      { kind: 'activation', fn: 'silu' },
    ],
    'mse',
  ],
  ['a loss in plain code', [{ kind: 'dense', out: 3 }], 'huber'],
])('%s cannot be recorded', (_name, layers, loss) => {
  expect(setUp(layers, loss).play).toBeNull();
});

test('the reference kernels record nothing', () => {
  expect(referenceKernels.record).toBeUndefined();
});

/** Three rows of gradients of a bit more than two blocks, and an optimizer at work on them. */
function setUpUpdate(spec: OptimizerSpec, used = kernels) {
  memory.reset([[64, 64]]);
  const random = createRandom(5, 'update');
  const optimizer = createOptimizer(spec);
  const cut = tensorsOf([BLOCK - 6], [2, BLOCK], [11]);
  const { parameterCount: P } = cut;
  const normals = (length: number) => {
    const array = memory.allocate(length);
    for (let i = 0; i < length; i++) array[i] = random.normal();
    return array;
  };
  const positives = (length: number) => {
    const array = normals(length);
    for (let i = 0; i < length; i++) array[i] = Math.abs(array[i]);
    return array;
  };
  const shared = {
    theta: normals(P),
    gSum: normals(3 * gradientStride(P)),
    state: optimizer.slots.map(() => positives(P)),
    squares: memory.allocate(blockCount(P)),
  };
  const hyper = memory.allocate(optimizer.hyperLength);
  optimizer.hyper(hyper, Float64Array.of(0.1), Float64Array.from(optimizer.initialScalars));
  const arrays = [shared.theta, shared.gSum, ...shared.state, shared.squares];
  const start = arrays.map((array) => array.slice());
  return {
    update: createBlockUpdate(used, optimizer, cut, shared, hyper, Float64Array.of(1)),
    tape: memory.allocate(tapeLength(updateCalls(cut, optimizer, 3))),
    outcome: () => Buffer.concat(arrays.map((array) => new Uint8Array(array.slice().buffer))),
    restart: () => {
      for (const [k, array] of arrays.entries()) array.set(start[k]);
    },
  };
}

test.each<OptimizerSpec>([
  'adam',
  { kind: 'adamw', weightDecay: 0.1 },
  { kind: 'sgd', lr: 0.1 },
  { kind: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true },
  { kind: 'sgd', lr: 0.1, weightDecay: 0.1, decayed: 'weights' },
  { kind: 'adamw', weightDecay: 0.1, decayed: 'weights' },
])('a recorded update has the bits of the plain calls, for any blocks: %j', (spec) => {
  // An update in one pass is none that lies on a tape.
  const used = { ...kernels, fast: { ...kernels.fast, meanUpdates: {} } };
  const { update, tape, outcome, restart } = setUpUpdate(spec, used);
  for (const [first, end] of [
    [0, 3],
    [1, 3],
    [0, 1],
    [2, 2],
  ]) {
    restart();
    for (let block = first; block < end; block++) {
      update.average(block, 7, SUMS);
      update.apply(block);
    }
    const expected = outcome();
    restart();
    const play = update.record(tape, first, end, 7, SUMS);
    expect(play).not.toBeNull();
    play?.();
    expect(outcome().equals(expected)).toBe(true);
  }
});

test('an update in plain code or in one pass cannot be recorded, and the reference kernels record none', () => {
  const plain = setUpUpdate({ kind: 'rmsprop' });
  expect(plain.update.record(plain.tape, 0, 3, 7, SUMS)).toBeNull();
  const inOne = setUpUpdate('adam');
  expect(inOne.update.record(inOne.tape, 0, 3, 7, SUMS)).toBeNull();
  const reference = setUpUpdate('adam', referenceKernels);
  expect(reference.update.record(reference.tape, 0, 3, 7, SUMS)).toBeNull();
});

test('an update of a gradient in more rows than the tape has room for is not recorded', () => {
  const { update, tape } = setUpUpdate({ kind: 'sgd', lr: 0.1 });
  const sums = (rows: number) => ({
    joins: Array.from({ length: rows - 1 }, () => [0, 1] as const),
    count: 1,
    step: 1,
  });
  expect(update.record(tape, 0, 3, 7, sums(3))).not.toBeNull();
  expect(update.record(tape, 0, 3, 7, sums(4))).toBeNull();
});

describe('whole steps on a tape', () => {
  const ROWS = 37; // three leaves
  const STEPS = 40;
  const layers = (fn: 'tanh' | 'silu'): LayerSpec[] => [
    { kind: 'dense', out: 7 },
    { kind: 'activation', fn },
    { kind: 'dense', out: 3 },
  ];

  /** A run of steps at given rates, step by step and from the tape. */
  function setUpSteps(spec: OptimizerSpec, lossName: 'mse' | 'softmax-cross-entropy' | 'huber', fn: 'tanh' | 'silu') {
    memory.reset([[64, 64]]);
    const allocate = (length: number) => memory.allocate(length).fill(0);
    const network = buildNetwork({ input: 6, layers: layers(fn) });
    const loss = createLoss(lossName);
    const optimizer = createOptimizer(spec);
    const random = createRandom(4, 'steps');
    const P = network.parameterCount;
    const workspace = createWorkspace(network, loss, ROWS, allocate);
    for (let i = 0; i < workspace.x.length; i++) workspace.x[i] = random.normal();
    for (let i = 0; i < workspace.t.length; i++) workspace.t[i] = random.integer(3);
    const [x, t] = [workspace.x.slice(), workspace.t.slice()];
    const train = { network, loss, optimizer, kernels, batch: ROWS, seed: 1 };
    const one = createTrainStep({ ...train, allocate });
    const H = optimizer.hyperLength;
    const shared = {
      theta: allocate(P),
      gSum: allocate(gradientStride(P)),
      state: optimizer.slots.map(() => allocate(P)),
    };
    initializeParameters(network, shared.theta, 1);
    const notes = { losses: allocate(STEPS), norms: allocate(STEPS), hypers: allocate(STEPS * H) };
    const views = {
      parameters: bindTensors(network, shared.theta),
      gradients: bindTensors(network, gradientOf(shared.gSum, P, 0)),
    };
    const arrays = { lossSums: allocate(leafCount(ROWS, 16)), squares: allocate(blockCount(P)), hyper: allocate(H) };
    const pass: Pass = { kernels, training: true, seed: 1, step: 0, firstRow: 0, leaf: 16, joins: false };
    const tape = allocate(tapeLength(stepCalls(network, optimizer)));
    const steps = { workspace, ...shared, ...notes, ...views, ...arrays };
    return {
      take: recordSteps(tape, network, loss, optimizer, steps, ROWS, pass),
      oneStep: (lr: number) => one.step(x, t, ROWS, lr),
      one,
      shared,
      notes,
      /** Writes the hyperparameters of steps at these rates. */
      prepare(rates: readonly number[]) {
        const scalars = Float64Array.from(optimizer.initialScalars);
        for (const [k, rate] of rates.entries()) {
          optimizer.hyper(notes.hypers.subarray(k * H, (k + 1) * H), Float64Array.of(rate), scalars);
          optimizer.advance(scalars);
        }
      },
    };
  }

  const optimizers: OptimizerSpec[] = [
    'adam',
    'adamw',
    { kind: 'sgd', lr: 0.1 },
    { kind: 'sgd', lr: 0.1, momentum: 0.9 },
    { kind: 'adam', weightDecay: 0.3, decayed: 'weights' },
  ];
  test.each(optimizers.flatMap((spec) => (['mse', 'softmax-cross-entropy'] as const).map((loss) => ({ spec, loss }))))(
    'have the bits of one step after the other: $spec, $loss',
    ({ spec, loss }) => {
      const { take, oneStep, one, shared, notes, prepare } = setUpSteps(spec, loss, 'tanh');
      const rates = Array.from({ length: STEPS }, (_, k) => 0.1 / (k + 1));
      prepare(rates);
      const expected = rates.map(oneStep);
      expect(take?.(0, STEPS)).toBe(STEPS);
      expect([...notes.losses]).toEqual(expected.map((step) => step.loss));
      expect([...notes.norms]).toEqual(expected.map((step) => step.norm));
      expect([...shared.theta]).toEqual([...one.parameters]);
      expect(shared.state.map((slot) => [...slot])).toEqual(one.state.map((slot) => [...slot]));
    },
  );

  test('end behind the first that is not finite, and note where they were told to', () => {
    const { take, oneStep, one, shared, notes, prepare } = setUpSteps({ kind: 'sgd', lr: 1 }, 'mse', 'tanh');
    const rates = Array.from({ length: STEPS }, (_, k) => (k < 5 ? 0.1 : 1e160));
    prepare(rates);
    let steps = 0;
    let last = { loss: 0, norm: 0 };
    while (Number.isFinite(last.loss) && Number.isFinite(last.norm)) last = oneStep(rates[steps++]);
    expect(steps).toBeGreaterThan(5);
    expect(steps).toBeLessThan(STEPS - 3);
    notes.losses.fill(7);
    expect(take?.(3, STEPS - 3)).toBe(steps);
    expect([...notes.losses.subarray(0, 3)]).toEqual([7, 7, 7]);
    expect(notes.losses[3 + steps - 1]).toBe(last.loss);
    expect(notes.norms[3 + steps - 1]).toBe(last.norm);
    expect(notes.losses[3 + steps]).toBe(7);
    expect([...shared.theta]).toEqual([...one.parameters]);
  });

  test.each<[string, OptimizerSpec, 'mse' | 'huber', 'tanh' | 'silu']>([
    ['a layer', 'adam', 'mse', 'silu'],
    ['the loss', 'adam', 'huber', 'tanh'],
    ['the update', 'rmsprop', 'mse', 'tanh'],
  ])('are none where %s is plain code', (_name, optimizer, loss, fn) => {
    expect(setUpSteps(optimizer, loss, fn).take).toBeNull();
  });
});
