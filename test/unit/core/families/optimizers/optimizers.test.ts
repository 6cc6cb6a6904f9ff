import { describe, expect, test } from 'vitest';
import {
  createOptimizer,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
} from '../../../../../packages/core/src/families/optimizers/index.ts';
import { TINY } from '../../../../../packages/core/src/math/flush.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';
import { maxRelativeError } from '../../../../support/errors.ts';
import { optimizerRun } from '../../../../support/optimizer-run.ts';

/** θ after one step from θ = 2 with the gradient g = 0.25 (so that g² = 1/16), worked out from the formulas. */
const firstStep: Record<OptimizerName, [OptimizerSpec, number][]> = {
  sgd: [
    ['sgd', 2 - 0.01 * 0.25],
    [{ kind: 'sgd', lr: 0.1, momentum: 0.9 }, 2 - 0.1 * 0.25], // m = g
    [{ kind: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true }, 2 - 0.1 * (0.25 + 0.9 * 0.25)],
    [{ kind: 'sgd', lr: 0.1, weightDecay: 0.5 }, 2 - 0.1 * (0.25 + 0.5 * 2)],
  ],
  // The bias corrections undo (1 - β) in the first step: m/(1-β₁) = d and √(v/(1-β₂)) = |d|.
  adam: [
    ['adam', 2 - (1e-3 * 0.25) / (0.25 + 1e-8)],
    [{ kind: 'adam', lr: 0.1, beta1: 0, beta2: 0.5, epsilon: 0.25 }, 2 - 0.1 / 2],
    [{ kind: 'adam', lr: 0.1, weightDecay: 0.5, epsilon: 1.25 }, 2 - 0.1 / 2], // d = 1.25
  ],
  adamw: [
    ['adamw', 2 * (1 - 1e-3 * 0.01) - (1e-3 * 0.25) / (0.25 + 1e-8)],
    [{ kind: 'adamw', lr: 0.1, weightDecay: 0.5, epsilon: 0.25 }, 2 * 0.95 - 0.1 / 2],
  ],
  // v = (1 - ρ)g², √v = 0.1 · 0.25.
  rmsprop: [
    ['rmsprop', 2 - (0.01 * 0.25) / (0.025 + 1e-8)],
    [{ kind: 'rmsprop', lr: 0.1, momentum: 0.9, epsilon: 0.225 }, 2 - 0.1],
    [{ kind: 'rmsprop', lr: 0.1, weightDecay: 0.5, decay: 0, epsilon: 1.25 }, 2 - 0.1 / 2], // d = 1.25
  ],
  adagrad: [
    ['adagrad', 2 - (0.01 * 0.25) / (0.25 + 1e-10)],
    [{ kind: 'adagrad', lr: 0.1, weightDecay: 0.5, epsilon: 1.25 }, 2 - 0.1 / 2], // d = 1.25
  ],
  // m = 0, so c has the sign of g; d = sign(c) is 1.
  lion: [
    ['lion', 2 - 1e-4],
    [{ kind: 'lion', lr: 0.1, weightDecay: 0.5 }, 2 * 0.95 - 0.1],
  ],
  // The step of all but hidden matrices, which is that of adamw.
  muon: [
    ['muon', 2 * (1 - 1e-3 * 0.1) - (1e-3 * 0.25) / (0.25 + 1e-8)],
    [{ kind: 'muon', lr: 7, adamLr: 0.1, weightDecay: 0.5, epsilon: 0.25 }, 2 * 0.95 - 0.1 / 2],
  ],
};

const names = Object.keys(optimizers) as OptimizerName[];
const cases = names.flatMap((name) =>
  firstStep[name].map(([spec, theta]): [string, OptimizerSpec, number] => [JSON.stringify(spec), spec, theta]),
);

test('every optimizer has a first step worked out by hand', () => {
  expect(new Set(Object.keys(firstStep))).toEqual(new Set(names));
});

describe.each(cases)('%s', (_title, spec, expected) => {
  test('takes the first step worked out by hand', () => {
    const run = optimizerRun(spec, Float64Array.of(2));
    run.step(Float64Array.of(0.25));
    expect(maxRelativeError(run.theta, [expected])).toBeLessThan(4e-16);
  });

  test('takes no step where the learning rate is 0, but moves its state', () => {
    const run = optimizerRun(spec, Float64Array.of(2));
    run.step(Float64Array.of(0.25), 0);
    expect(run.theta[0]).toBe(2);
    for (const slot of run.state) expect(slot[0]).not.toBe(0);
  });

  test('a vector cut into blocks gets the same bits', () => {
    const random = createRandom(3, 'optimizer');
    const n = 37;
    const theta = Float64Array.from({ length: n }, () => random.normal());
    const whole = optimizerRun(spec, theta);
    const blocks = [theta.slice(0, 16), theta.slice(16, 32), theta.slice(32)].map((block) => optimizerRun(spec, block));
    for (let step = 0; step < 5; step++) {
      const g = Float64Array.from({ length: n }, () => random.normal());
      whole.step(g);
      for (const [k, block] of blocks.entries()) block.step(g.slice(16 * k, 16 * k + block.theta.length));
    }
    expect(blocks.flatMap((block) => [...block.theta])).toEqual([...whole.theta]);
  });

  test('leaves NaN in the parameters when a gradient is NaN', () => {
    const run = optimizerRun(spec, Float64Array.of(2, 2));
    run.step(Float64Array.of(Number.NaN, 0.25));
    expect(run.theta[0]).toBeNaN();
    expect(run.theta[1]).toBeCloseTo(expected, 12);
  });

  test('keeps no tiny numbers in its state', () => {
    const run = optimizerRun(spec, Float64Array.of(0));
    const [kept] = run.state;
    if (kept === undefined) return;
    kept[0] = TINY / 2;
    run.step(Float64Array.of(0));
    expect(kept[0]).toBe(0);
  });

  test('names itself by its key, and says how many scalars it writes', () => {
    const optimizer = createOptimizer(spec);
    expect(optimizers).toHaveProperty(optimizer.name);
    const hyper = new Float64Array(optimizer.hyperLength + 1).fill(Number.NaN);
    optimizer.hyper(hyper, Float64Array.of(0.5), Float64Array.from(optimizer.initialScalars));
    expect([...hyper].map(Number.isNaN)).toEqual([...Array(optimizer.hyperLength).fill(false), true]);
  });
});

// Two steps with g = 1 each. sgd: m is 1, then 1.9. rmsprop with ρ = 0 and ε = 1: u = 1/2, m is 0.5, then 0.95.
test.each<[OptimizerSpec, number]>([
  [{ kind: 'sgd', lr: 0.1, momentum: 0.9 }, -0.1 * (1 + 1.9)],
  [{ kind: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true }, -0.1 * (1.9 + (1 + 0.9 * 1.9))],
  [{ kind: 'rmsprop', lr: 0.1, decay: 0, epsilon: 1, momentum: 0.9 }, -0.1 * (0.5 + 0.95)],
])('%j carries its momentum into the second step', (spec, expected) => {
  const run = optimizerRun(spec, Float64Array.of(0));
  run.step(Float64Array.of(1));
  run.step(Float64Array.of(1));
  expect(maxRelativeError(run.theta, [expected])).toBeLessThan(4e-16);
});

test('lion follows the sign of its momentum and the gradient together, and stays where they cancel', () => {
  const run = optimizerRun({ kind: 'lion', lr: 0.5, beta1: 0.5, beta2: 0.75 }, Float64Array.of(0));
  run.step(Float64Array.of(1)); // c = 1/2, m becomes 1/4
  expect(run.theta[0]).toBe(-0.5);
  run.step(Float64Array.of(-0.25)); // c = 1/8 - 1/8 = 0, m becomes 3/16 - 1/16
  expect(run.theta[0]).toBe(-0.5);
  expect(run.state[0][0]).toBe(0.125);
  run.step(Float64Array.of(-1)); // c = 1/16 - 1/2
  expect(run.theta[0]).toBe(0);
});

test.each(['adam', 'adamw'] as const)('%s carries β₁ᵗ and β₂ᵗ as products', (kind) => {
  const optimizer = createOptimizer({ kind, beta1: 0.5, beta2: 0.75 });
  const scalars = Float64Array.from(optimizer.initialScalars);
  optimizer.advance(scalars);
  optimizer.advance(scalars);
  expect(scalars).toEqual(Float64Array.of(0.125, 0.421875));
});

test.each([
  [{ kind: 'adam', beta1: 1.5 }, 'adam: beta1 has 1.5, expected a number from 0 to below 1'],
  [{ kind: 'adam', beta2: 1 }, 'adam: beta2 has 1, expected a number from 0 to below 1'],
  [{ kind: 'adamw', lr: -1 }, 'adamw: lr has -1, expected a number of at least 0'],
  [{ kind: 'rmsprop', epsilon: 0 }, 'rmsprop: epsilon has 0, expected a number above 0'],
  [{ kind: 'sgd', lr: '0.1' }, 'sgd: lr has "0.1", expected a number of at least 0'],
  [{ kind: 'sgd', nesterov: 1, momentum: 0.9 }, 'sgd: nesterov has 1, expected true or false'],
  [{ kind: 'sgd', nesterov: true }, 'sgd: momentum has 0, expected a number in (0, 1) with nesterov'],
  [
    { kind: 'sgd', weight_decay: 1 },
    'sgd: option "weight_decay" is unknown, expected lr, momentum, nesterov, weightDecay, decayed, lrOf, decayOf (did you mean weightDecay?)',
  ],
  [
    'adma',
    'optimizer: kind has "adma", expected one of sgd, adam, adamw, rmsprop, adagrad, lion, muon (did you mean adam?)',
  ],
])('createOptimizer(%j) says what is wrong', (spec, message) => {
  expect(() => createOptimizer(JSON.parse(JSON.stringify(spec)))).toThrow(expect.objectContaining({ message }));
});

test.each(names)('%s refuses a learning rate that is not finite', (kind) => {
  expect(() => createOptimizer({ kind, lr: Number.NaN })).toThrow(`${kind}: lr has NaN`);
  expect(() => createOptimizer({ kind, lr: Number.POSITIVE_INFINITY })).toThrow(`${kind}: lr has Infinity`);
});
