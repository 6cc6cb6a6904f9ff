import { describe, expect, test } from 'vitest';
import {
  createLoss,
  type LossName,
  type LossSpec,
  losses,
} from '../../../../../packages/core/src/families/losses/index.ts';
import type { Loss } from '../../../../../packages/core/src/families/losses/loss.ts';
import { createElements, elementTypes } from '../../../../../packages/core/src/math/element-type.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';
import { maxError, maxRelativeError } from '../../../../support/errors.ts';
import { followGolden, goldenOptions } from '../../../../support/golden-options.ts';
import { lossOf } from '../../../../support/loss-of.ts';
import { numericGradient } from '../../../../support/numeric-gradient.ts';

/**
 * The losses of one row, computed by hand, for the specs that are checked: y = (1, 2, -1) and t = (0, 2, 1), class 1
 * or, for binary cross-entropy, (0, 1, 1).
 */
const cases: Record<LossName, { t: number[]; values: [LossSpec, number][] }> = {
  mse: { t: [0, 2, 1], values: [['mse', (1 + 0 + 4) / 3]] },
  quadratic: { t: [0, 2, 1], values: [['quadratic', (1 + 0 + 4) / 2]] },
  mae: { t: [0, 2, 1], values: [['mae', (1 + 0 + 2) / 3]] },
  huber: {
    t: [0, 2, 1],
    values: [
      ['huber', (0.5 + 0 + 1.5) / 3],
      [{ kind: 'huber', delta: 0.5 }, (0.5 * 0.75 + 0 + 0.5 * 1.75) / 3],
    ],
  },
  'softmax-cross-entropy': {
    t: [1],
    values: [
      ['softmax-cross-entropy', Math.log(Math.exp(1) + Math.exp(2) + Math.exp(-1)) - 2],
      // Targets 0.1, 0.8, 0.1.
      [
        { kind: 'softmax-cross-entropy', labelSmoothing: 0.3 },
        Math.log(Math.exp(1) + Math.exp(2) + Math.exp(-1)) - (0.1 + 1.6 - 0.1),
      ],
    ],
  },
  'soft-target-cross-entropy': {
    t: [0.1, 0.8, 0.1],
    values: [['soft-target-cross-entropy', Math.log(Math.exp(1) + Math.exp(2) + Math.exp(-1)) - (0.1 + 1.6 - 0.1)]],
  },
  output: { t: [], values: [['output', 2 / 3]] },
  'binary-cross-entropy': {
    t: [0, 1, 1],
    // -log(1 - σ(1)), -log σ(2), -log σ(-1)
    values: [
      [
        'binary-cross-entropy',
        (Math.log(1 + Math.exp(1)) + Math.log(1 + Math.exp(-2)) + Math.log(1 + Math.exp(1))) / 3,
      ],
    ],
  },
};

/** Distance of 1 to the next number. */
const EPSILON = { float64: 2 ** -52, float32: 2 ** -23 };

const names = Object.keys(losses) as LossName[];
const specs = names.flatMap((name) => cases[name].values.map(([spec]) => spec));

/** B rows of outputs, and targets no closer to them than 0.05 (where mae has its kink) and not at distance δ. */
function rows(loss: Loss, B: number, O: number): { y: Float64Array; t: Float64Array } {
  const random = createRandom(7, loss.name, B, O);
  const y = Float64Array.from({ length: B * O }, () => 2 * random.normal());
  if (loss.targets === 'classes') return { y, t: Float64Array.from({ length: B }, () => random.integer(O)) };
  if (loss.name === 'binary-cross-entropy') return { y, t: y.map(() => random.uniform()) };
  const distances = [-2.4, -0.7, -0.05, 0.05, 0.7, 2.4];
  return { y, t: y.map((value) => value + distances[random.integer(6)]) };
}

test('every loss has a value computed by hand', () => {
  expect(new Set(Object.keys(cases))).toEqual(new Set(names));
});

describe.each(names)('%s', (name) => {
  test.each(cases[name].values)('meets the value computed by hand: %j', (spec, value) => {
    const t = Float64Array.from(cases[name].t);
    expect(lossOf(createLoss(spec), new Float64Array(3), Float64Array.of(1, 2, -1), t, 1, 3)).toBeCloseTo(value, 14);
  });

  test('is named by its key in the table', () => {
    expect(createLoss(name).name).toBe(name);
    expect(createLoss({ kind: name }).targets).toBe(createLoss(name).targets);
  });

  test('refuses an option it does not know', () => {
    const spec = JSON.parse(`{ "kind": "${name}", "reduction": "sum" }`);
    expect(() => createLoss(spec)).toThrow(new RegExp(`^${name}: option.*"reduction"`));
  });
});

describe.each(specs.map((spec): [string, LossSpec] => [JSON.stringify(spec), spec]))('%s', (_title, spec) => {
  const loss = createLoss(spec);

  test.each([1, 2, 3, 4, 5, 9])('dy is the central difference of the loss, %i outputs', (O) => {
    const { y, t } = rows(loss, 4, O);
    const dy = new Float64Array(y.length);
    lossOf(loss, dy, y, t, 4, O);
    const unused = new Float64Array(y.length);
    expect(
      maxError(
        dy,
        numericGradient(() => lossOf(loss, unused, y, t, 4, O), y),
      ),
    ).toBeLessThan(1e-10);
  });

  test('the loss of rows is the sum of their losses, and their gradients stand side by side', () => {
    const [B, O] = [5, 7];
    const { y, t } = rows(loss, B, O);
    const dy = new Float64Array(B * O);
    const sum = lossOf(loss, dy, y, t, B, O);
    const T = t.length / B;
    let expected = 0;
    for (let n = 0; n < B; n++) {
      const dyRow = new Float64Array(O);
      expected += lossOf(loss, dyRow, y.slice(n * O, (n + 1) * O), t.slice(n * T, (n + 1) * T), 1, O);
      expect(dy.slice(n * O, (n + 1) * O)).toEqual(dyRow);
    }
    expect(sum).toBe(expected);
  });

  test('dy may be y', () => {
    const { y, t } = rows(loss, 3, 5);
    const dy = new Float64Array(15);
    const sum = lossOf(loss, dy, y, t, 3, 5);
    expect(lossOf(loss, y, y, t, 3, 5)).toBe(sum);
    expect(y).toEqual(dy);
  });

  test('errors four times as large make it 4^degree times as large, in Huber with δ too', () => {
    const { kind, delta = 1 } =
      typeof spec === 'string' ? { kind: spec } : { delta: undefined, ...(spec as { kind: 'huber'; delta?: number }) };
    const of = (c: number): number => {
      const scaled = createLoss(kind === 'huber' ? { kind, delta: c * delta } : spec);
      const { y, t } = rows(loss, 3, 5);
      const [cy, ct] = [y, t].map((array) => array.map((value) => c * value));
      return lossOf(scaled, new Float64Array(15), cy, ct, 3, 5);
    };
    // A factor of 4 rounds nothing.
    if (loss.degree !== undefined) expect(of(4)).toBe(4 ** loss.degree * of(1));
    else
      expect(['softmax-cross-entropy', 'soft-target-cross-entropy', 'binary-cross-entropy', 'output']).toContain(
        loss.name,
      );
  });

  test('no rows have a loss of 0', () => {
    expect(lossOf(loss, new Float64Array(4), new Float64Array(4), new Float64Array(4), 0, 4)).toBe(0);
  });

  test.each([0, 2, 5])('a NaN in output %i reaches the loss', (o) => {
    const { y, t } = rows(loss, 1, 6);
    y[o] = Number.NaN;
    expect(lossOf(loss, new Float64Array(6), y, t, 1, 6)).toBeNaN();
  });

  test('outputs of 1e150 do not overflow', () => {
    const dy = new Float64Array(2);
    for (const y of [Float64Array.of(1e150, -1e150), Float64Array.of(-1e150, 1e150)]) {
      const t = loss.targets === 'classes' ? Float64Array.of(0) : Float64Array.of(1, 0);
      expect(lossOf(loss, dy, y, t, 1, 2)).toBeLessThan(Number.MAX_VALUE);
      expect(dy.every(Number.isFinite)).toBe(true);
    }
  });
});

test.each([1, 2, 3, 4, 6, 7, 11])('a row of %i outputs is added in four lanes', (O) => {
  const random = createRandom(1, 'lanes', O);
  for (let trial = 0; trial < 50; trial++) {
    const y = Float64Array.from({ length: O }, () => random.normal());
    const lanes = [0, 0, 0, 0];
    for (let o = 0; o < O; o++) lanes[o % 4] += y[o] * y[o];
    const expected = (lanes[0] + lanes[1] + (lanes[2] + lanes[3])) / O;
    expect(lossOf(createLoss('mse'), new Float64Array(O), y, new Float64Array(O), 1, O)).toBe(expected);
  }
});

test('tiny gradients are flushed to 0', () => {
  const dy = new Float64Array(1);
  lossOf(createLoss('quadratic'), dy, Float64Array.of(1e-300), Float64Array.of(0), 1, 1);
  expect(dy[0]).toBe(0);
});

describe.each(elementTypes)('%s', (type) => {
  const of = (...numbers: number[]) => Object.assign(createElements(type, numbers.length), numbers);

  test.each([1e3, 1e8, -1e8])('logits that all lie %d higher have the same cross-entropy, to the bit', (offset) => {
    for (const labelSmoothing of [0, 0.3]) {
      const loss = createLoss({ kind: 'softmax-cross-entropy', labelSmoothing });
      for (const O of [1, 3, 6]) {
        const random = createRandom(1, 'offset', O);
        const equal = lossOf(loss, of(...Array(O)), of(...Array(O).fill(offset)), of(O - 1), 1, O);
        expect(Math.abs(equal - Math.log(O))).toBeLessThan(2 * EPSILON[type]);
        for (let trial = 0; trial < 20; trial++) {
          // At 1e8 floats lie 8 apart.
          const y = Array.from({ length: O }, () => 8 * random.integer(4));
          const at = (zero: number) => {
            const dy = of(...y.map((value) => zero + value));
            return { sum: lossOf(loss, dy, dy, of(trial % O), 1, O), dy };
          };
          expect(at(offset)).toEqual(at(0));
        }
      }
    }
  });

  test('binary cross-entropy keeps its digits on both sides: that of -y and 1 - t is the same', () => {
    const loss = createLoss('binary-cross-entropy');
    const random = createRandom(1, 'sides');
    for (let trial = 0; trial < 100; trial++) {
      const [y, t] = [20 * random.normal(), random.integer(1025) / 1024];
      const [one, other] = [of(y), of(-y)];
      expect(lossOf(loss, one, one, of(t), 1, 1)).toBe(lossOf(loss, other, other, of(1 - t), 1, 1));
    }
    const soft = 1 - 2 ** -20; // 20 · 2⁻²⁰ + log1p(e⁻²⁰), of which float32 had a digit
    const value = 20 * 2 ** -20 + Math.log1p(Math.exp(-20));
    const actual = lossOf(loss, of(0), of(20), of(soft), 1, 1);
    expect(Math.abs(actual / value - 1)).toBeLessThan(4 * EPSILON[type]);
  });
});

test('smoothed labels leave no gradient where the logits are those of the smoothed target', () => {
  const dy = new Float64Array(3);
  const loss = createLoss({ kind: 'softmax-cross-entropy', labelSmoothing: 0.3 });
  lossOf(loss, dy, Float64Array.of(Math.log(0.1), Math.log(0.8), Math.log(0.1)), Float64Array.of(1), 1, 3);
  expect(maxError(dy, new Float64Array(3))).toBeLessThan(1e-15);
  expect(createLoss({ kind: 'softmax-cross-entropy', labelSmoothing: 0 }).variant).toBeUndefined();
});

test('PyTorch takes the same steps with smoothed labels', () => {
  const golden = goldenOptions.runs.find(({ name }) => name === 'label smoothing');
  if (golden === undefined) throw new Error('the fixture has no such run');
  const spec = { kind: 'softmax-cross-entropy', labelSmoothing: 0.1 } as const;
  const followed = followGolden(spec, golden.batch, golden.losses.length, {});
  expect(maxRelativeError(followed.losses, golden.losses)).toBeLessThan(1e-12);
  expect(maxRelativeError(followed.trained.parameters, golden.finalParams)).toBeLessThan(1e-12);
});

test('mae has slope 0 at its kink', () => {
  const dy = Float64Array.of(9);
  lossOf(createLoss('mae'), dy, Float64Array.of(3), Float64Array.of(3), 1, 1);
  expect(dy[0]).toBe(0);
});

test('one output says yes above 0 where the loss takes a logit', () => {
  expect(createLoss('binary-cross-entropy').threshold).toBe(0);
  expect(createLoss('mse').threshold).toBeUndefined();
});

test.each([
  [
    'hubert',
    'loss: kind has "hubert", expected one of mse, quadratic, softmax-cross-entropy, soft-target-cross-entropy, binary-cross-entropy, mae, huber, output (did you mean huber?)',
  ],
  [
    { kind: 'softmax-cross-entropy', labelSmoothing: 1 },
    'softmax-cross-entropy: labelSmoothing has 1, expected a number from 0 to below 1',
  ],
  [{ kind: 'huber', delta: 0 }, 'huber: delta has 0, expected a number above 0'],
  [{ kind: 'huber', detla: 2 }, 'huber: option "detla" is unknown, expected delta (did you mean delta?)'],
  [{ delta: 2 }, 'loss: spec has {"delta":2}, expected a name or an object with a kind'],
  [7, 'loss: spec has 7, expected a name or an object with a kind'],
])('createLoss(%j) says what is wrong', (spec, message) => {
  expect(() => createLoss(JSON.parse(JSON.stringify(spec)))).toThrow(expect.objectContaining({ message }));
});
