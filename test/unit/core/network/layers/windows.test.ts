import { buildNetwork, createRandom, type LayerSpec, shuffle } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counted } from '../../../../support/count.ts';
import { maxError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';
import { propertySeed } from '../../../../support/seed.ts';

const whole = (min: number, max: number) => fc.integer({ min, max });
/** One value for all axes, or one for each. */
const perAxis = (axes: number, min: number, max: number) =>
  fc.oneof(whole(min, max), fc.array(whole(min, max), { minLength: axes, maxLength: axes }));

const poolOf = (kind: 'max-pool' | 'avg-pool') => (axes: number) =>
  fc.record(
    { kind: fc.constant(kind), size: perAxis(axes, 1, 4), stride: perAxis(axes, 1, 4), padding: perAxis(axes, 0, 2) },
    { requiredKeys: ['kind', 'size'] },
  );

/** Options of each kind for a number of axes. */
const kinds: Record<string, (axes: number) => fc.Arbitrary<LayerSpec>> = {
  'max-pool': poolOf('max-pool'),
  'avg-pool': poolOf('avg-pool'),
  'global-avg-pool': () => fc.constant({ kind: 'global-avg-pool' }),
  upsample: (axes) => fc.record({ kind: fc.constant('upsample'), factor: perAxis(axes, 1, 3) }),
  'conv2d-transpose': (axes) =>
    fc.record({
      kind: fc.constant('conv2d-transpose'),
      out: whole(1, 3),
      kernel: perAxis(axes, 1, 3),
      stride: perAxis(axes, 1, 3),
      padding: perAxis(axes, 0, 2),
      outputPadding: perAxis(axes, 0, 2),
      bias: fc.boolean(),
      biasInit: fc.constant('normal'),
    }),
};

const fits = ([input, layer]: readonly [readonly number[], LayerSpec]): boolean => {
  try {
    buildNetwork({ input, layers: [layer] });
    return true;
  } catch {
    return false;
  }
};

/** A shape of an image or of a sequence, and a layer that can follow it. */
const draws = (kind: string) =>
  (kind === 'conv2d-transpose' ? fc.constant(2) : whole(1, 2))
    .chain((axes) =>
      fc.tuple(
        fc.tuple(...Array.from({ length: axes }, () => whole(1, axes === 2 ? 4 : 9)), whole(1, 3)),
        kinds[kind](axes),
      ),
    )
    .filter(fits);

describe.each(Object.keys(kinds))(`%s (seed ${propertySeed})`, (kind) => {
  // Each is linear between the kinks of max-pool, so that differences are exact but for rounding.
  test('has the gradients that central differences find, whatever the windows', () => {
    const check = fc.property(draws(kind), whole(1, 2), fc.nat(), ([input, layer], B, seed) => {
      const random = createRandom(seed, 'windows');
      const size = input.reduce((product, n) => product * n, 1);
      // No two inputs are closer than 1, so that a step of 1/4 leaves every maximum where it is.
      const numbers = Uint32Array.from({ length: B * size }, (_, i) => i);
      shuffle(numbers, random);
      const x = Array.from({ length: B }, (_, n) => [...numbers.subarray(n * size, (n + 1) * size)]);
      const network = buildNetwork({ input, layers: [layer] });
      const theta = Array.from({ length: network.parameterCount }, () => random.normal());
      const factors = Float64Array.from({ length: B * network.outputs }, () => random.normal());
      const run = () => runLayer(layer, x, (o) => factors[o], { input, parameters: [theta] });
      const loss = () => run().y.reduce((sum, y, o) => sum + factors[o] * y, 0);
      const slope = (values: number[], i: number): number => {
        const value = values[i];
        const [up, down] = [0.25, -0.25].map((step) => {
          values[i] = value + step;
          return loss();
        });
        values[i] = value;
        return (up - down) / 0.5;
      };
      const { dx, gradients } = run();
      const byInput = x.flatMap((row) => row.map((_, i) => slope(row, i)));
      expect(maxError(dx, byInput)).toBeLessThan(1e-10);
      const byWeight = theta.map((_, p) => slope(theta, p));
      expect(maxError(Float64Array.from(gradients.flatMap((g) => [...g])), byWeight)).toBeLessThan(1e-9);
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(15, 500) });
  });
});

/** The outputs of a layer on one row. */
const outputsOf = (layer: LayerSpec, input: readonly number[], x: readonly number[], parameters?: number[][]) => [
  ...runLayer(layer, [x], () => 1, { input, ...(parameters === undefined ? {} : { parameters }) }).y,
];
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test('max-pool keeps NaN, and padding never wins', () => {
  const pool: LayerSpec = { kind: 'max-pool', size: 2, padding: 1 };
  expect(outputsOf(pool, [3, 1], [-5, Number.NaN, -1])).toEqual([-5, Number.NaN]);
  expect(outputsOf(pool, [2, 1], [Number.NEGATIVE_INFINITY, -3])).toEqual([Number.NEGATIVE_INFINITY, -3]);
});

test('the first of equal maxima takes the gradient', () => {
  const run = (x: number[]) =>
    runLayer({ kind: 'max-pool', size: 3, stride: 1 }, [x], (o) => 10 ** o, { input: [4, 1] });
  expect([...run([1, 7, 7, 7]).dx]).toEqual([0, 11, 0, 0]);
  expect([...run([0, -0, 0, 0]).dx]).toEqual([1, 10, 0, 0]);
  expect([...run([2, Number.NaN, 5, Number.NaN]).dx]).toEqual([0, 11, 0, 0]);
});

test('avg-pool divides by the whole window, padding or not', () => {
  expect(outputsOf({ kind: 'avg-pool', size: 2, padding: 1 }, [3, 1], [8, 4, 2])).toEqual([4, 3]);
  expect(outputsOf({ kind: 'avg-pool', size: [2, 2] }, [2, 4, 1], upTo(8))).toEqual([2.5, 4.5]);
});

test('means of channels are taken over all positions', () => {
  expect(outputsOf({ kind: 'global-avg-pool' }, [2, 2, 2], upTo(8))).toEqual([3, 4]);
  expect(outputsOf({ kind: 'global-avg-pool' }, [300, 1], upTo(300))).toEqual([149.5]);
});

test('upsample repeats positions', () => {
  const doubled = [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3];
  expect(outputsOf({ kind: 'upsample', factor: 2 }, [2, 2, 1], upTo(4))).toEqual(doubled);
  expect(outputsOf({ kind: 'upsample', factor: [2] }, [2, 2], upTo(4))).toEqual([0, 1, 0, 1, 2, 3, 2, 3]);
});

// y[oy, ox] = Σ x[iy, ix] W[oy + p - s iy, ox + p - s ix]
test('a transposed convolution lays weighted windows over each other', () => {
  const layer = { kind: 'conv2d-transpose', out: 1, kernel: 3, stride: 2 } as const;
  const W = upTo(9);
  const b = [0.5];
  const y = outputsOf(layer, [1, 2, 1], [1, 10], [W, b]);
  expect(y).toEqual([0, 1, 2 + 0, 10, 20, 3, 4, 5 + 30, 40, 50, 6, 7, 8 + 60, 70, 80].map((value) => value + 0.5));
  const wider = { ...layer, padding: 1, outputPadding: [1, 0], bias: false };
  expect(outputsOf(wider, [1, 2, 1], [1, 10], [W])).toEqual([4, 5 + 30, 40, 7, 8 + 60, 70]);
});

test.each<[readonly number[], LayerSpec, readonly number[]]>([
  // n, size, stride and padding as in the documentation of PyTorch
  [[32, 32, 3], { kind: 'max-pool', size: 3, stride: 2 }, [15, 15, 3]],
  [[32, 32, 3], { kind: 'max-pool', size: 3, stride: 2, padding: 1 }, [16, 16, 3]],
  [[9, 4], { kind: 'avg-pool', size: 2 }, [4, 4]],
  [[5, 7, 2], { kind: 'avg-pool', size: [2, 3], stride: [1, 2] }, [4, 3, 2]],
  [[7, 7, 8], { kind: 'global-avg-pool' }, [8]],
  [[7, 8], { kind: 'global-avg-pool' }, [8]],
  [[7, 5, 8], { kind: 'upsample', factor: [2, 3] }, [14, 15, 8]],
  [[7, 5, 8], { kind: 'conv2d-transpose', out: 4, kernel: 2, stride: 2 }, [14, 10, 4]],
  [[7, 5, 8], { kind: 'conv2d-transpose', out: 4, kernel: 3, stride: 2, padding: 1, outputPadding: 1 }, [14, 10, 4]],
  [[7, 5, 8], { kind: 'conv2d-transpose', out: 4, kernel: [3, 5], padding: [0, 2] }, [9, 5, 4]],
])('%j through %j is %j', (input, layer, output) => {
  expect(buildNetwork({ input, layers: [layer] }).output).toEqual(output);
});

test.each<[readonly number[], object, string]>([
  [
    [4],
    { kind: 'max-pool', size: 2 },
    'max-pool: input has shape [4], expected [length, channels] or [height, width, ',
  ],
  [[4, 4, 1], { kind: 'max-pool', size: [2] }, 'max-pool: size has [2], expected a number for each axis, 2'],
  [
    [4, 4, 1],
    { kind: 'max-pool', size: 5 },
    'max-pool: size spans 5 positions of 4, expected one that fits into [4, 4, 1]',
  ],
  [
    [2, 1],
    { kind: 'avg-pool', size: 5, padding: 1 },
    'size spans 5 positions of 4, expected one that fits into [2, 1] with',
  ],
  [[4, 4, 1], { kind: 'avg-pool', size: 3, padding: 2 }, 'padding has 2, expected at most half of the size, 3'],
  [
    [4, 1],
    { kind: 'avg-pool', size: 0 },
    'avg-pool: size has 0, expected a whole number from 1 to 16777216, or a list of one',
  ],
  // Kernels compute places with 32 bits.
  [[4, 1], { kind: 'max-pool', size: 1, stride: 2 ** 32 }, 'stride has 4294967296, expected a whole number from 1 to'],
  [
    [4, 4, 1],
    { kind: 'conv2d', out: 1, kernel: 1, stride: 9, padding: 3e9 },
    'padding has 3000000000, expected a whole number from 0 to 16777216',
  ],
  [[4], { kind: 'global-avg-pool' }, 'global-avg-pool: input has shape [4], expected positions and channels, such as '],
  [[4, 1], { kind: 'upsample', factor: 2, mode: 'linear' }, 'mode has "linear", expected one of nearest'],
  [[4, 1], { kind: 'upsample', factor: [2, 2] }, 'upsample: factor has [2, 2], expected a number for each axis, 1'],
  [
    [4, 1],
    { kind: 'conv2d-transpose', out: 1, kernel: 2 },
    'input has shape [4, 1], expected [height, width, channels]',
  ],
  [
    [4, 4, 1],
    { kind: 'conv2d-transpose', out: 1, kernel: 2, outputPadding: 1 },
    'outputPadding has 1, expected less than the stride, 1',
  ],
  [
    [1, 4, 1],
    { kind: 'conv2d-transpose', out: 1, kernel: 2, padding: 1 },
    'padding has 1, expected one that leaves an output of [1, 4, 1] with a kernel of 2',
  ],
])('%j with %j is refused in a sentence that names the layer', (input, layer, sentence) => {
  const first: LayerSpec = { kind: 'activation', fn: 'relu' };
  const build = () => buildNetwork({ input, layers: [first, layer as LayerSpec] });
  expect(build).toThrow('buildNetwork: layer 1: ');
  expect(build).toThrow(sentence);
});
