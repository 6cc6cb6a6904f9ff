import { buildNetwork, createRandom, type LayerSpec } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counted } from '../../../../support/count.ts';
import { maxError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';
import { propertySeed } from '../../../../support/seed.ts';

const whole = (min: number, max: number) => fc.integer({ min, max });
const each = <T>(shape: readonly number[], draw: (n: number) => fc.Arbitrary<T>) => fc.tuple(...shape.map(draw));

/** Options of each kind for rows of a shape. */
const kinds: Record<string, (shape: readonly number[]) => fc.Arbitrary<LayerSpec>> = {
  concat: ({ length }) =>
    fc.record({ kind: fc.constant('concat'), axis: whole(-length, length - 1), of: fc.constant(['input', 'input']) }),
  slice: (shape) =>
    fc.record(
      {
        kind: fc.constant('slice'),
        start: each(shape, (n) => whole(-n - 1, n)),
        end: each(shape, (n) => whole(-n - 1, n + 1)),
        step: each(shape, () => fc.constantFrom(1, 1, 2, 3, -1, -2)),
      },
      { requiredKeys: ['kind', 'step'] },
    ),
  reshape: () => fc.record({ kind: fc.constant('reshape'), shape: fc.constantFrom([-1], [-1, 1], [1, -1, 1]) }),
  transpose: ({ length }) =>
    fc.record(
      {
        kind: fc.constant('transpose'),
        axes: fc.shuffledSubarray(
          Array.from({ length }, (_, a) => a - (a % 2) * length),
          { minLength: length },
        ),
      },
      { requiredKeys: ['kind'] },
    ),
  pad: (shape) =>
    fc.record(
      {
        kind: fc.constant('pad'),
        padding: each(shape, (n) => fc.oneof(whole(0, n - 1), fc.tuple(whole(0, n - 1), whole(0, n - 1)))),
        mode: fc.constantFrom('constant', 'edge', 'reflect'),
        value: whole(-2, 2),
      },
      { requiredKeys: ['kind', 'padding'] },
    ),
  expand: (shape) =>
    fc
      .tuple(
        fc.array(whole(1, 3), { maxLength: 2 }),
        each(shape, (n) => (n === 1 ? whole(1, 4) : fc.constantFrom(n, -1))),
      )
      .map(([added, extents]) => ({ kind: 'expand', shape: [...added, ...extents] })),
  take: (shape) =>
    whole(0, shape.length - 1).chain((axis) =>
      fc.record({
        kind: fc.constant('take'),
        axis: fc.constantFrom(axis, axis - shape.length),
        indices: fc.array(whole(-shape[axis], shape[axis] - 1), { minLength: 1, maxLength: 9 }),
      }),
    ),
  resize: (shape) =>
    fc.record({
      kind: fc.constant('resize'),
      size: fc.array(whole(1, 11), { minLength: shape.length - 1, maxLength: shape.length - 1 }),
      mode: fc.constantFrom('nearest', 'linear'),
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

const draws = (kind: string) =>
  fc
    .array(whole(1, 5), kind === 'resize' ? { minLength: 2, maxLength: 3 } : { minLength: 1, maxLength: 4 })
    .chain((shape) => fc.tuple(fc.constant(shape), kinds[kind](shape)))
    .filter(fits);

describe.each(Object.keys(kinds))(`%s (seed ${propertySeed})`, (kind) => {
  // All are linear, so that differences are exact but for rounding.
  test('has the gradient that central differences find, whatever the shape', () => {
    const check = fc.property(draws(kind), whole(1, 3), fc.nat(), ([input, layer], B, seed) => {
      const random = createRandom(seed, 'moves');
      const size = input.reduce((product, n) => product * n, 1);
      const x = Array.from({ length: B }, () => Array.from({ length: size }, () => random.normal()));
      const { outputs } = buildNetwork({ input, layers: [layer] });
      const factors = Float64Array.from({ length: B * outputs }, () => random.normal());
      const run = () => runLayer(layer, x, (o) => factors[o], { input });
      const loss = () => run().y.reduce((sum, y, o) => sum + factors[o] * y, 0);
      const { dx } = run();
      const differences = x.flatMap((row) =>
        row.map((value, i) => {
          const [up, down] = [0.5, -0.5].map((step) => {
            row[i] = value + step;
            return loss();
          });
          row[i] = value;
          return up - down;
        }),
      );
      expect(maxError(dx, differences)).toBeLessThan(1e-11);
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(10, 500) });
  });
});

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const outputsOf = (layer: LayerSpec, input: readonly number[]) => {
  const size = input.reduce((product, n) => product * n, 1);
  const { output } = buildNetwork({ input, layers: [layer] });
  return { shape: output, y: [...runLayer(layer, [upTo(size)], () => 1, { input }).y] };
};

// numpy.concatenate, indexing, transpose, pad, broadcast_to and take of arange; torch.nn.functional.interpolate of it
// with 'nearest-exact', 'linear' and 'bilinear'.
test.each<[LayerSpec, readonly number[], readonly number[], readonly number[]]>([
  [{ kind: 'concat', of: ['input', 'input'] }, [2, 2], [2, 4], [0, 1, 0, 1, 2, 3, 2, 3]],
  [{ kind: 'concat', of: ['input', 'input'], axis: 0 }, [2, 2], [4, 2], [0, 1, 2, 3, 0, 1, 2, 3]],
  [{ kind: 'concat', of: 'input' }, [2, 2], [2, 2], [0, 1, 2, 3]], // torch.cat of one
  [{ kind: 'slice', start: 1, end: -1 }, [2, 4], [2, 2], [1, 2, 5, 6]],
  [{ kind: 'slice', step: -2 }, [5], [3], [4, 2, 0]],
  [{ kind: 'slice', start: 3, end: 0, step: -1 }, [5], [3], [3, 2, 1]],
  [{ kind: 'slice', start: [1, -9], end: [9, 2] }, [2, 3, 2], [1, 2, 2], [6, 7, 8, 9]],
  [{ kind: 'slice', start: 1, axis: 0 }, [2, 2], [1, 2], [2, 3]],
  [{ kind: 'slice', start: [1, 1], axis: [2, 0] }, [2, 2, 2], [1, 2, 1], [5, 7]],
  [{ kind: 'reshape', shape: [3, -1] }, [2, 3], [3, 2], [0, 1, 2, 3, 4, 5]],
  [{ kind: 'transpose' }, [2, 3], [3, 2], [0, 3, 1, 4, 2, 5]],
  [{ kind: 'transpose', axes: [1, 0, -1] }, [2, 2, 2], [2, 2, 2], [0, 1, 4, 5, 2, 3, 6, 7]],
  [{ kind: 'pad', padding: [[1, 2]], value: 9 }, [2], [5], [9, 0, 1, 9, 9]],
  [{ kind: 'pad', padding: [1, 0] }, [1, 2], [3, 2], [0, 0, 0, 1, 0, 0]],
  [{ kind: 'pad', padding: [2], mode: 'reflect' }, [3], [7], [2, 1, 0, 1, 2, 1, 0]],
  [
    {
      kind: 'pad',
      padding: [
        [1, 0],
        [0, 2],
      ],
      mode: 'edge',
    },
    [2, 2],
    [3, 4],
    [0, 1, 1, 1, 0, 1, 1, 1, 2, 3, 3, 3],
  ],
  [{ kind: 'expand', shape: [2, 2, 3] }, [2, 1], [2, 2, 3], [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]],
  [{ kind: 'expand', shape: [2, -1] }, [2], [2, 2], [0, 1, 0, 1]],
  [{ kind: 'take', indices: [2, 0, -1, 2] }, [3], [4], [2, 0, 2, 2]],
  [{ kind: 'take', indices: [1, 1], axis: 0 }, [2, 2], [2, 2], [2, 3, 2, 3]],
  [{ kind: 'resize', size: 5 }, [2, 1], [5, 1], [0, 0, 1, 1, 1]],
  [{ kind: 'resize', size: 2 }, [5, 1], [2, 1], [1, 3]],
  [{ kind: 'resize', size: 4, mode: 'linear' }, [2, 1], [4, 1], [0, 0.25, 0.75, 1]],
  [{ kind: 'resize', size: 2, mode: 'linear' }, [5, 1], [2, 1], [0.75, 3.25]],
  [{ kind: 'resize', size: [3, 1], mode: 'linear' }, [2, 2, 1], [3, 1, 1], [0.5, 1.5, 2.5]],
])('%j of %j has the numbers of NumPy and PyTorch', (layer, input, shape, y) => {
  expect(outputsOf(layer, input)).toEqual({ shape, y });
});

test('the gradient of an index that is taken several times adds in the order of the places', () => {
  const dy = [2 ** 53, 1, 1, -(2 ** 53)];
  const { dx } = runLayer({ kind: 'take', indices: [0, 0, 0, 0] }, [[1, 2]], (o) => dy[o]);
  expect([...dx]).toEqual([0, 0]); // the other way round it would be 2
});

test.each<[readonly number[], LayerSpec, string]>([
  [[2, 3], { kind: 'concat', axis: 2 }, 'concat: axis has 2, expected an axis of a row of shape [2, 3], from -2 to 1'],
  [[4], { kind: 'slice', step: 0 }, 'slice: step has 0, expected a step other than 0'],
  [[4], { kind: 'slice', start: 4 }, 'slice: start leaves nothing of axis 0, expected at least 1 of its 4 indices'],
  [[4, 4], { kind: 'slice', start: [0, 0], end: [1] }, 'end has [1], expected 2 numbers, as many as start has'],
  [
    [4, 4],
    { kind: 'slice', start: [0, 0, 0] },
    'slice: axis has 2, expected an axis of a row of shape [4, 4], from -2 to 1',
  ],
  [[4], { kind: 'slice', start: 0.5 }, 'start has 0.5, expected a whole number from -16777216 to 16777216, or a list'],
  [[2, 3], { kind: 'reshape', shape: [4, -1] }, 'shape has [4, -1], expected a shape of 6 numbers, with at most one'],
  [[2, 3], { kind: 'reshape', shape: [-1, -1] }, 'shape has [-1, -1], expected a shape of 6 numbers'],
  [[2, 3], { kind: 'transpose', axes: [0, 0] }, 'axes has [0, 0], expected each of the 2 axes once'],
  [[2, 3], { kind: 'transpose', axes: [2, 0] }, 'axes has 2, expected an axis of a row of shape [2, 3], from -2 to 1'],
  [
    [2, 3],
    { kind: 'pad', padding: [1] },
    'padding has [1], expected an entry for each axis of rows of shape [2, 3], 2',
  ],
  [[2], { kind: 'pad', padding: [2], mode: 'reflect' }, 'padding has 2 at axis 0 of 2, expected less'],
  [[2], { kind: 'pad', padding: [[0, -1]] }, 'padding has [[0,-1]], expected a list with a whole number of at least 0'],
  [[3], { kind: 'expand', shape: [4] }, 'shape has [4], expected a shape to which rows of shape 3 can be repeated'],
  [[3], { kind: 'expand', shape: [-1, 3] }, 'expand: shape has [-1, 3], expected a shape to which'],
  [[3], { kind: 'take', indices: [0, 3] }, 'take: indices has 3, expected indices from -3 to 2 of axis 0'],
  [[3], { kind: 'resize', size: 2 }, 'resize: input has shape [3], expected [length, channels] or [height, width'],
])('%j with %j is refused in a sentence that names the layer', (input, layer, sentence) => {
  const build = () => buildNetwork({ input, layers: [{ kind: 'relu' }, layer] });
  expect(build).toThrow('buildNetwork: layer 1: ');
  expect(build).toThrow(sentence);
});

test('values that differ along another axis than that of a concat are refused', () => {
  const layers: LayerSpec[] = [
    { kind: 'reshape', shape: [2, 6] },
    { kind: 'concat', of: ['input', '0'] },
  ];
  expect(() => buildNetwork({ input: [3, 4], layers })).toThrow(
    'concat: of has values of [3, 4] and [2, 6], expected shapes that differ along axis 1 alone',
  );
});
