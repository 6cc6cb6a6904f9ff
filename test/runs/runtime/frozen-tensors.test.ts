import {
  batchNorm,
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  dense,
  embedding,
  type LayerSpec,
  like,
  type Network,
  type NetworkSpec,
  type OptimizerSpec,
  referenceKernels,
  relu,
  residual,
  sequential,
  tanh,
} from '@gradloom/core';
import {
  averaging,
  BLOCK,
  bindGradients,
  bindTensors,
  blockCount,
  couplesRows,
  createWorkspace,
  FLOAT64,
  forward,
  freezeLayers,
  stateLength,
} from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gradientRangesOf } from '../../../packages/core/src/network/gradient-ranges.ts';
import { planMemory } from '../../../packages/core/src/network/plan-memory.ts';
import { firstDifference } from '../../support/bits.ts';
import { maxRelativeError } from '../../support/errors.ts';
import { everyLayer } from '../../support/every-layer.ts';

const BATCH = 10; // several leaves
const STEPS = 2;

const rowsFor = (network: Network, seed = 1) => {
  const random = createRandom(seed, 'rows');
  const takesIndices = network.allLayers.some(({ spec }) => spec.kind === 'embedding');
  const x = Float64Array.from({ length: BATCH * network.inputs }, (_, i) => (takesIndices ? i % 5 : random.normal()));
  const t = Float64Array.from({ length: BATCH * network.outputs }, () => random.normal());
  return { x, t };
};

interface Settings {
  optimizer?: OptimizerSpec;
  ema?: number;
  clipNorm?: number;
  maxNorm?: number;
}

/** A network and its trainer. */
function follow(spec: NetworkSpec, { optimizer = 'adam', ema, ...limits }: Settings = {}) {
  const network = buildNetwork(spec);
  const one = createOptimizer(optimizer);
  const trainer = createTrainStep({
    network,
    loss: createLoss('mse'),
    optimizer: ema === undefined ? one : averaging(one, ema),
    kernels: referenceKernels,
    batch: BATCH,
    seed: 3,
    ...limits,
  });
  return { network, trainer };
}

function run(
  { network, trainer }: ReturnType<typeof follow>,
  afterEach: (parameters: Float64Array) => void = () => {},
) {
  const { x, t } = rowsFor(network);
  return Array.from({ length: STEPS }, () => {
    const figures = trainer.step(x, t, BATCH);
    afterEach(trainer.parameters);
    return figures;
  });
}

const cutOf = (vector: Float64Array, { offset, length }: { offset: number; length: number }) =>
  vector.subarray(offset, offset + length);

const pathsWithTensors = (spec: NetworkSpec): string[] => [
  ...new Set(
    buildNetwork(spec)
      .allLayers.filter(({ layer }) => layer.tensors.some(({ tiedTo }) => tiedTo === undefined))
      .map(({ path }) => path),
  ),
];

/** Every layer with tensors is frozen in one of two halves, and learns in the other. */
const halves = (spec: NetworkSpec): NetworkSpec[] =>
  [0, 1].flatMap((odd) => {
    const paths = pathsWithTensors(spec).filter((_, k) => k % 2 === odd);
    if (paths.length === 0) return [];
    const frozen = freezeLayers('test', spec, paths);
    return buildNetwork(frozen).tensors.some(({ isTrained }) => isTrained) ? [frozen] : [];
  });

describe.each(Object.entries(everyLayer))('%s', (_name, spec) => {
  test('frozen tensors, their state and their moving average keep their bits, and the others learn', () => {
    for (const frozen of halves(spec)) {
      const optimizer = { kind: 'adamw', lr: 0.05, weightDecay: 0.5 } as const;
      const trained = follow(frozen, { optimizer, ema: 0.5, clipNorm: 0.1, maxNorm: 0.3 });
      const { network, trainer } = trained;
      const start = trainer.parameters.slice();
      run(trained);
      for (const tensor of network.tensors) {
        if (!tensor.isFrozen) continue;
        for (const vector of [trainer.parameters, trainer.model]) {
          expect(firstDifference(cutOf(vector, tensor), cutOf(start, tensor))).toBeNull();
        }
        expect(tensor.gradientOffset).toBeNull();
      }
      const moved = network.tensors.filter(({ isTrained }) => isTrained);
      expect(moved.some((tensor) => firstDifference(cutOf(trainer.parameters, tensor), cutOf(start, tensor)))).toBe(
        true,
      );
    }
  });

  test('the others have the bits of a run whose frozen tensors are set back after each step', () => {
    for (const frozen of halves(spec)) {
      const { tensors, allLayers } = buildNetwork(frozen);
      // A frozen batch-norm also normalizes in another way.
      if (allLayers.some(({ spec: { kind }, isFrozen }) => isFrozen && kind === 'batch-norm')) continue;
      const [constant, setBack] = [follow(frozen), follow(spec)];
      const start = setBack.trainer.parameters.slice();
      const losses = run(constant).map(({ loss }) => loss);
      const others = run(setBack, (parameters) => {
        for (const tensor of tensors) if (tensor.isFrozen) cutOf(parameters, tensor).set(cutOf(start, tensor));
      });
      expect(losses).toEqual(others.map(({ loss }) => loss));
      expect(firstDifference(constant.trainer.parameters, setBack.trainer.parameters)).toBeNull();
    }
  });

  test('passes take no more memory than without freezing, and less after a frozen beginning', () => {
    const doubles = (graph: Network): number => {
      const { slots } = planMemory(graph, BATCH, FLOAT64, 'training', 3);
      return slots.reduce((sum, { doubles }) => sum + doubles, 0);
    };
    for (const frozen of halves(spec)) {
      expect(doubles(buildNetwork(frozen))).toBeLessThanOrEqual(doubles(buildNetwork(spec)));
    }
    const paths = pathsWithTensors(spec);
    const beginning = buildNetwork(freezeLayers('test', spec, paths.slice(0, -1)));
    if (paths.length > 1) expect(doubles(beginning)).toBeLessThan(doubles(buildNetwork(spec)));
  });
});

test('gradients and state cover the blocks in which not all is frozen, and each tensor has its place in them', () => {
  const anyTensor = fc.record({ length: fc.integer({ min: 0, max: 3 * BLOCK }), isFrozen: fc.boolean() });
  const check = fc.property(fc.array(anyTensor, { maxLength: 12 }), (sizes) => {
    let P = 0;
    const tensors = sizes.map((size) => {
      P += size.length;
      return { ...size, offset: P - size.length };
    });
    const ranges = gradientRangesOf(tensors, P);
    const covered = ranges.flatMap(({ offset, length }) => {
      expect([offset % BLOCK, offset + length === P ? 0 : length % BLOCK]).toEqual([0, 0]);
      return Array.from({ length: blockCount(length) }, (_, k) => offset / BLOCK + k);
    });
    const learns = (block: number) =>
      tensors.some(
        ({ offset, length, isFrozen }) =>
          !isFrozen && length > 0 && offset < (block + 1) * BLOCK && offset + length > block * BLOCK,
      );
    expect(covered).toEqual(Array.from({ length: blockCount(P) }, (_, k) => k).filter(learns));
    let next = 0;
    for (const { offset, length, shift } of ranges) {
      expect(offset + shift).toBe(next);
      next += length;
    }
    expect(stateLength(ranges)).toBe(next);
  });
  fc.assert(check, { seed: 1, numRuns: 300 });
});

test('blocks without gradients change no bit of the other weights and of their state', () => {
  const wide = (name: string) => ({ ...dense(100), name });
  const spec = sequential(60, wide('a'), tanh(), wide('b'), tanh(), wide('c'), tanh(), wide('d'), tanh(), dense(2));
  for (const freeze of [['a'], ['b'], ['a', 'c'], ['b', 'd'], ['a', 'b', 'd']]) {
    const [constant, setBack] = [follow(freezeLayers('test', spec, freeze)), follow(spec)];
    const { tensors, gradientRanges, parameterCount: P } = constant.network;
    expect(stateLength(gradientRanges)).toBeLessThan(P);
    for (const { length } of constant.trainer.state) expect(length).toBe(stateLength(gradientRanges));
    const start = setBack.trainer.parameters.slice();
    run(constant);
    run(setBack, (parameters) => {
      for (const tensor of tensors) if (tensor.isFrozen) cutOf(parameters, tensor).set(cutOf(start, tensor));
    });
    expect(firstDifference(constant.trainer.parameters, setBack.trainer.parameters)).toBeNull();
    for (const { offset, gradientOffset, length } of tensors) {
      if (gradientOffset === null) continue;
      for (const [slot, state] of constant.trainer.state.entries()) {
        const expected = cutOf(setBack.trainer.state[slot], { offset, length });
        expect(firstDifference(cutOf(state, { offset: gradientOffset, length }), expected)).toBeNull();
      }
    }
  }
});

test('the norm that clips counts what learns alone', () => {
  const spec = sequential(3, dense(70), tanh(), dense(60), tanh(), dense(2)); // a block that is frozen in part
  const half = follow(freezeLayers('test', spec, ['2']));
  const whole = follow(spec);
  const { x, t } = rowsFor(half.network);
  const { norm } = half.trainer.step(x, t, BATCH);
  expect(norm).toBeLessThan(whole.trainer.step(x, t, BATCH).norm);
  // Of adam's first step, m = (1 - beta1) g.
  const [m] = whole.trainer.state;
  const squares = half.network.tensors.reduce(
    (sum, tensor) => sum + (tensor.isTrained ? cutOf(m, tensor).reduce((s, v) => s + (v / 0.1) ** 2, 0) : 0),
    0,
  );
  expect(norm).toBeCloseTo(Math.sqrt(squares), 12);
});

test('the layers after a frozen beginning have the bits of a network on its outputs', () => {
  const head: LayerSpec[] = [dense(8), tanh(), dense(2)];
  const spec = sequential(3, dense(5), batchNorm(), relu(), ...head);
  const whole = follow(freezeLayers('test', spec, ['0', '1']));
  const alone = follow(sequential(5, ...head));
  const { x, t } = rowsFor(whole.network);
  const [start] = whole.network.tensors.filter(({ isTrained }) => isTrained);
  // Statistics that are not those of the batch.
  for (const { name, offset, length } of whole.network.tensors) {
    if (name.startsWith('running'))
      whole.trainer.parameters.fill(name === 'runningMean' ? 0.2 : 2, offset, offset + length);
  }
  alone.trainer.parameters.set(whole.trainer.parameters.subarray(start.offset));
  const beginning = buildNetwork({ input: 3, layers: spec.layers.slice(0, 3) });
  const workspace = createWorkspace(beginning, createLoss('mse'), BATCH, (length) => new Float64Array(length));
  workspace.x.set(x);
  const constants = bindTensors(beginning, whole.trainer.parameters.slice(0, start.offset));
  const evaluation = { training: false, seed: 0, leafRows: 1, accumulate: false };
  const settings = { ...evaluation, kernels: referenceKernels, step: 0, firstRow: 0 };
  const outputs = forward(beginning, workspace, constants, BATCH, settings).slice(0, BATCH * 5);
  for (let k = 0; k < STEPS; k++) {
    const figures = [whole.trainer.step(x, t, BATCH), alone.trainer.step(outputs, t, BATCH)];
    expect(figures[0].loss).toBe(figures[1].loss);
  }
  expect(firstDifference(whole.trainer.parameters.subarray(start.offset), alone.trainer.parameters)).toBeNull();
  expect(couplesRows(whole.network)).toBe(false);
});

test('a gradient goes through a frozen batch-norm as through the affine map of its statistics', () => {
  const norm = follow(sequential(3, dense(4), { ...batchNorm(), freeze: true }, tanh(), dense(2)));
  const affine = follow(sequential(3, dense(4), { ...dense(4), freeze: true }, tanh(), dense(2)));
  const [theta, other] = [norm.trainer.parameters, affine.trainer.parameters];
  const first = 3 * 4 + 4;
  const [gamma, beta, mean, variance] = [0, 1, 2, 3].map((k) => first + 4 * k);
  other.set(theta.subarray(0, first));
  other.set(theta.subarray(first + 16), first + 20);
  other.fill(0, first, first + 20);
  for (let c = 0; c < 4; c++) {
    [theta[gamma + c], theta[beta + c], theta[mean + c], theta[variance + c]] = [1.5 - c, 0.3 * c, 0.2, 0.5 + c];
    const scale = theta[gamma + c] / Math.sqrt(theta[variance + c] + 1e-5);
    other[first + 5 * c] = scale;
    other[first + 16 + c] = theta[beta + c] - scale * 0.2;
  }
  const [losses, others] = [run(norm), run(affine)].map((figures) => Float64Array.from(figures, ({ loss }) => loss));
  expect(maxRelativeError(losses, others)).toBeLessThan(1e-12);
  expect(maxRelativeError(theta.subarray(0, first), other.subarray(0, first))).toBeLessThan(1e-9);
  expect(maxRelativeError(theta.subarray(first + 16), other.subarray(first + 20))).toBeLessThan(1e-9);
});

test('a frozen table is frozen in all its uses, and the bias after it learns', () => {
  const spec = sequential(3, { ...embedding(7, 4), freeze: true }, dense(4), { ...dense(7), tiedTo: '0' });
  const { ties, tensors } = buildNetwork(spec);
  expect(ties).toEqual([]);
  expect(tensors.map(({ name, isTrained }) => [name, isTrained])).toEqual([
    ['E', false],
    ['W', true],
    ['b', true],
    ['b', true],
  ]);
  const [constant, setBack] = [
    follow(spec),
    follow(sequential(3, embedding(7, 4), dense(4), { ...dense(7), tiedTo: '0' })),
  ];
  const start = setBack.trainer.parameters.slice(0, 28);
  run(constant);
  run(setBack, (parameters) => parameters.set(start));
  expect(firstDifference(constant.trainer.parameters, setBack.trainer.parameters)).toBeNull();
  expect(() =>
    buildNetwork(sequential(3, embedding(7, 4), dense(4), { ...dense(7), tiedTo: '0', freeze: true })),
  ).toThrow('freeze has true, expected false, since W is the trained table of embedding(7x4) at layer 0');
});

test('a further use of a frozen layer is frozen with it, and is not frozen alone', () => {
  const uses = (first: object, second: object): NetworkSpec =>
    sequential(3, { ...dense(3), name: 'tower', ...first }, batchNorm(), { ...like('tower'), ...second }, dense(2));
  const [constant, setBack] = [follow(uses({ freeze: true }, {})), follow(uses({}, {}))];
  expect(constant.network.allLayers.map(({ isFrozen }) => isFrozen)).toEqual([true, false, true, false]);
  expect(constant.network.ties).toEqual([]);
  const gradients = bindGradients(constant.network, new Float64Array(constant.network.parameterCount));
  expect(gradients.map((tensors) => tensors === null)).toEqual([true, false, true, false]);
  const start = setBack.trainer.parameters.slice(0, 12);
  run(constant);
  run(setBack, (parameters) => parameters.set(start));
  expect(firstDifference(constant.trainer.parameters, setBack.trainer.parameters)).toBeNull();
  expect(() => buildNetwork(uses({}, { freeze: true }))).toThrow(
    'freeze has true, expected false, since "tower", whose tensors these are, learns',
  );
});

test('patterns mean names and paths, blocks with all inside, and nothing else', () => {
  const spec = sequential(
    3,
    { ...dense(3), name: 'encoder.in' },
    { ...residual(dense(3), { ...tanh(), name: 'encoder.fn' }), name: 'block' },
    dense(3),
  );
  const frozenBy = (...patterns: string[]) =>
    buildNetwork(freezeLayers('test', spec, patterns))
      .allLayers.filter(({ isFrozen }) => isFrozen)
      .map(({ path }) => path);
  expect(frozenBy('encoder.*')).toEqual(['0', '1.1']);
  expect(frozenBy('block')).toEqual(['1.0', '1.1', '1']);
  expect(frozenBy('1.0', '2')).toEqual(['1.0', '2']);
  expect(frozenBy('*')).toEqual(['0', '1.0', '1.1', '1', '2']);
  // Both ends of a pattern are in the name, one after the other.
  for (const pattern of ['encoder', 'encoder?in', '3', '', 'blo*ock', 'block*block', '*enc*coder.in']) {
    expect(() => frozenBy('0', pattern)).toThrow(
      `test: freeze has ${JSON.stringify(pattern)}, expected names or paths of layers: ` +
        '"0", "encoder.in", "1.0", "1.1", "encoder.fn", "1", "block", "2"',
    );
  }
});
