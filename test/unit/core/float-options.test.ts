import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createPredictor,
  createTrainStep,
  type InitializerSpec,
  initializers,
  type LayerSpec,
  type LossName,
  layers,
  losses,
  type NetworkSpec,
  type OptimizerName,
  optimizers,
  referenceKernels,
  type Shape,
} from '@gradloom/core';
import {
  checkFloat32,
  lossOptions,
  type OptionTable,
  optimizerOptions,
  refuseBeyondFloats,
  refuseLossBeyondFloats,
  refuseOptimizerBeyondFloats,
} from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { initializerOptions } from '../../../packages/core/src/families/initializers/index.ts';
import { layerOptions } from '../../../packages/core/src/network/layers/index.ts';

const SMALL = 1e-46; // below half of the smallest float, 2^-149
const LARGE = 1e39;
const NEAR_ONE = 1 - 2 ** -25; // half-way from the float below 1, and to even

/** Numbers that doubles hold and floats do not, each with what floats make of it. */
const lost: readonly (readonly [value: number, float: string])[] = [
  [SMALL, '0'],
  [LARGE, 'Infinity'],
  [NEAR_ONE, '1'],
];

/** The options of members that are numbers, but for sizes and counts: `[kind, option, value, float]`. */
function numbersOf(family: Readonly<Record<string, OptionTable>>) {
  const accepts = (table: OptionTable, name: string, value: number): boolean => {
    try {
      return table[name].check('', '', value) === value;
    } catch {
      return false;
    }
  };
  return Object.entries(family).flatMap(([kind, table]) =>
    Object.keys(table)
      .filter((name) => table[name].members === undefined && name !== 'fn' && accepts(table, name, 0.5))
      .flatMap((name) =>
        lost
          // Where 1 itself is allowed, 1 is as good as the double below it.
          .filter(([value]) => accepts(table, name, value) && !(value === NEAR_ONE && accepts(table, name, 1)))
          .map(([value, float]) => [kind, name, value, float] as const),
      ),
  );
}

const sentence = (value: number, float: string) =>
  `has ${value}, expected a number that float32 does not round to ${float}`;

const networkOf = (layer: object, input: Shape = [4]) =>
  buildNetwork({ input, layers: [{ kind: 'dense', out: 4 }, layer as LayerSpec] } satisfies NetworkSpec);

test('every family says the options of each of its members', () => {
  expect(Object.keys(lossOptions)).toEqual(Object.keys(losses));
  expect(Object.keys(optimizerOptions)).toEqual(Object.keys(optimizers));
  expect(Object.keys(layerOptions)).toEqual(Object.keys(layers));
  expect(Object.keys(initializerOptions)).toEqual(Object.keys(initializers));
});

describe('a number that floats do not keep is refused by name in a run of floats, and not in one of doubles', () => {
  test.each(numbersOf(optimizerOptions))('%s, %s: %s', (kind, name, value, float) => {
    const optimizer = createOptimizer({ kind: kind as OptimizerName, [name]: value });
    refuseOptimizerBeyondFloats('train', optimizer, 0.1, 'float64');
    expect(() => refuseOptimizerBeyondFloats('train', optimizer, 0.1, 'float32')).toThrow(
      `train: ${kind}: ${name} ${sentence(value, float)}`,
    );
  });

  test.each(numbersOf(lossOptions))('%s, %s: %s', (kind, name, value, float) => {
    const loss = createLoss({ kind: kind as LossName, [name]: value });
    refuseLossBeyondFloats('train', loss, 'float64');
    expect(() => refuseLossBeyondFloats('train', loss, 'float32')).toThrow(
      `train: ${kind}: ${name} ${sentence(value, float)}`,
    );
  });

  test.each(numbersOf(layerOptions))('%s, %s: %s', (kind, name, value, float) => {
    const needed = {
      activation: { fn: 'elu' },
      'cross-attention': { heads: 1, of: ['0', '0'] },
      'group-norm': { groups: 2 },
      pad: { padding: [1] },
      'self-attention': { heads: 1, causal: true },
    }[kind];
    const network = networkOf({ kind, [name]: value, ...needed }, kind.endsWith('attention') ? [2, 4] : [4]);
    refuseBeyondFloats('train', network, null, 'float64');
    const label = network.layers[1].label;
    expect(() => refuseBeyondFloats('train', network, null, 'float32')).toThrow(
      `train: ${label} at layer 1: ${name} ${sentence(value, float)}`,
    );
  });

  test.each(numbersOf(initializerOptions))('%s, %s: %s', (kind, name, value, float) => {
    const init = { kind, ...(name === 'low' ? { high: 2e39 } : {}), [name]: value } as InitializerSpec;
    const network = networkOf({ kind: 'residual', layers: [{ kind: 'dense', out: 4, biasInit: init }] });
    refuseBeyondFloats('train', network, null, 'float64');
    expect(() => refuseBeyondFloats('train', network, null, 'float32')).toThrow(
      `train: dense(4->4) at layer 1.0: biasInit: ${name} ${sentence(value, float)}`,
    );
  });
});

test('defaults, and the ends of what floats hold, are not refused', () => {
  for (const kind of Object.keys(optimizers) as OptimizerName[])
    refuseOptimizerBeyondFloats('train', createOptimizer({ kind }), 0.1, 'float32');
  for (const kind of Object.keys(losses) as LossName[])
    refuseLossBeyondFloats('train', createLoss({ kind }), 'float32');
  const ends = { beta1: 0, beta2: 1 - 2 ** -24, epsilon: 2 ** -149, weightDecay: 3e38 };
  refuseOptimizerBeyondFloats('train', createOptimizer({ kind: 'adam', ...ends }), 0, 'float32');
  expect(checkFloat32('x', 'y', 2 ** -150 * (1 + 2 ** -52))).toBeGreaterThan(0);
  expect(() => checkFloat32('x', 'y', 2 ** -150)).toThrow('x: y has');
  expect(checkFloat32('x', 'y', -0)).toBe(-0);
});

test('a rate of the first step whose update floats cannot hold is refused', () => {
  // α / (1 - β₁) is ten times α.
  expect(() =>
    refuseOptimizerBeyondFloats('train', createOptimizer({ kind: 'adam', lr: 1e38 }), 1e38, 'float32'),
  ).toThrow(
    /^train: the learning rate has 1e\+38 in the first step, expected a smaller one \(the update then multiplies by 1\.0+2e\+39, which float32 rounds to Infinity\)$/,
  );
  refuseOptimizerBeyondFloats('train', createOptimizer({ kind: 'sgd', lr: 1e38 }), 1e38, 'float32');
  const decaying = createOptimizer({ kind: 'adamw', lr: 1e20, weightDecay: 1e20, beta1: 0 });
  expect(() => refuseOptimizerBeyondFloats('train', decaying, 1e20, 'float32')).toThrow('rounds to -Infinity');
});

test('steps and predictors of floats refuse what theirs do not keep', () => {
  const network = networkOf({ kind: 'layer-norm' });
  const options = { network, loss: createLoss('mse'), optimizer: createOptimizer('sgd'), kernels: referenceKernels };
  const make = (changed: object) => () =>
    createTrainStep({ ...options, batch: 1, seed: 1, elementType: 'float32', ...changed });
  expect(make({})).not.toThrow();
  const norm = networkOf({ kind: 'layer-norm', epsilon: SMALL });
  expect(make({ network: norm })).toThrow('createTrainStep: layer-norm(4) at layer 1: epsilon has 1e-46');
  expect(make({ loss: createLoss({ kind: 'huber', delta: LARGE }) })).toThrow(
    'createTrainStep: huber: delta has 1e+39',
  );
  const optimizer = createOptimizer({ kind: 'sgd', momentum: NEAR_ONE });
  expect(make({ optimizer })).toThrow('createTrainStep: sgd: momentum has');
  expect(make({ clipNorm: SMALL })).toThrow('createTrainStep: clipNorm has 1e-46');
  expect(make({ maxNorm: LARGE })).toThrow('createTrainStep: maxNorm has 1e+39');
  const weights = new Float32Array(norm.parameterCount);
  expect(() => createPredictor(norm, weights)).toThrow('createPredictor: layer-norm(4) at layer 1: epsilon has 1e-46');
  createPredictor(norm, Float64Array.from(weights));
});
