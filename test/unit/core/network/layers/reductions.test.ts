import { buildNetwork, createRandom, type LayerSpec, type NetworkSpec } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counted } from '../../../../support/count.ts';
import { maxError } from '../../../../support/errors.ts';
import { numericGradient } from '../../../../support/numeric-gradient.ts';
import { runLayer, runNetwork } from '../../../../support/one-layer.ts';
import { propertySeed } from '../../../../support/seed.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** Numbers that differ by 0.05 or more, so that no difference moves the place of a maximum. */
function draw(n: number, seed: number): number[] {
  const random = createRandom(seed, 'reductions');
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.map((k) => 0.07 * (k - n / 2) + 0.01 * random.uniform());
}

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
/** A shape and some of its axes, some counted from the end. */
const shapesAndAxes = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axis: fc.option(
      fc
        .subarray(
          shape.map((_, axis) => axis),
          { minLength: 1 },
        )
        .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length)))),
    ),
    keepdims: fc.boolean(),
    seed: fc.nat(1000),
  }),
);

/** The numbers of x [..shape] that meet in each number of a reduction. */
function groupsOf(x: readonly number[], shape: readonly number[], axes: readonly number[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, value] of x.entries()) {
    const place = shape.map((n, axis) => Math.floor(i / sizeOf(shape.slice(axis + 1))) % n);
    const key = String(place.filter((_, axis) => !axes.includes(axis)));
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return [...groups.values()];
}

const total = (group: readonly number[]): number => group.reduce((sum, x) => sum + x, 0);
const equations = {
  sum: total,
  mean: (group) => total(group) / group.length,
  max: (group) => Math.max(...group),
  'log-sum-exp': (group) => Math.log(total(group.map(Math.exp))),
} satisfies Record<string, (group: readonly number[]) => number>;

/** dx of two rows against central differences of Σ dy · y. */
function checkGradient(spec: NetworkSpec, seed: number): void {
  const rows = [seed, seed + 1].map((k) => draw(sizeOf([spec.input].flat()), k));
  const dy = (output: number): number => Math.cos(7 * output + 1);
  const flat = Float64Array.from(rows.flat());
  const runRows = () => {
    const I = rows[0].length;
    return runNetwork(spec, [[...flat.subarray(0, I)], [...flat.subarray(I)]], dy);
  };
  const { dx } = runRows();
  const expected = numericGradient(() => total([...runRows().y].map((y, o) => y * dy(o))), flat);
  expect(maxError(dx, expected)).toBeLessThan(1e-9);
}

describe(`at drawn shapes (seed ${propertySeed})`, () => {
  const options = { seed: propertySeed, numRuns: counted(15, 400) };

  test.each(Object.keys(equations) as (keyof typeof equations)[])('%s is its equation and has its gradient', (kind) => {
    const check = fc.property(shapesAndAxes, ({ shape, axis, keepdims, seed }) => {
      const spec: LayerSpec = { kind, keepdims, ...(axis === null ? {} : { axis }) };
      const axes = (axis ?? shape.map((_, k) => k)).map((k) => (k < 0 ? k + shape.length : k));
      const { out } = buildNetwork({ input: shape, layers: [spec] }).layers[0];
      const kept = shape.filter((_, k) => !axes.includes(k));
      expect(out).toEqual(keepdims ? shape.map((n, k) => (axes.includes(k) ? 1 : n)) : kept.length === 0 ? [1] : kept);
      const x = draw(sizeOf(shape), seed);
      const { y } = runLayer(spec, [x], () => 0, { input: shape });
      expect(maxError(y, groupsOf(x, shape, axes).map(equations[kind]))).toBeLessThan(1e-12);
      checkGradient({ input: shape, layers: [spec] }, seed);
    });
    fc.assert(check, options);
  });

  test.each(['softmax', 'log-softmax'] as const)('%s is its equation and has its gradient', (kind) => {
    const check = fc.property(shapesAndAxes, ({ shape, axis, seed }) => {
      const spec: LayerSpec = { kind, axis: axis?.[0] ?? -1 };
      const k = (axis?.[0] ?? -1) < 0 ? (axis?.[0] ?? -1) + shape.length : (axis?.[0] ?? 0);
      const x = draw(sizeOf(shape), seed);
      const { y } = runLayer(spec, [x], () => 0, { input: shape });
      const results = groupsOf([...y], shape, [k]);
      for (const [g, group] of groupsOf(x, shape, [k]).entries()) {
        const shares = group.map((value) => Math.exp(value) / total(group.map(Math.exp)));
        expect(maxError(results[g], kind === 'softmax' ? shares : shares.map(Math.log))).toBeLessThan(1e-12);
      }
      checkGradient({ input: shape, layers: [spec] }, seed);
    });
    fc.assert(check, options);
  });

  test('argmax is the index of the largest number, and has no gradient', () => {
    const check = fc.property(shapesAndAxes, ({ shape, axis, keepdims, seed }) => {
      const k = axis?.[0] ?? -1;
      const x = draw(sizeOf(shape), seed);
      const { y, dx } = runLayer({ kind: 'argmax', axis: k, keepdims }, [x], () => 1, { input: shape });
      const groups = groupsOf(x, shape, [k < 0 ? k + shape.length : k]);
      expect([...y]).toEqual(groups.map((group) => group.indexOf(Math.max(...group))));
      expect([...dx]).toEqual(x.map(() => 0));
    });
    fc.assert(check, options);
  });

  test('group-norm is its equation and has its gradient', () => {
    const sizes = fc.tuple(
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
    );
    const check = fc.property(sizes, fc.boolean(), fc.nat(1000), ([positions, groups, channels], affine, seed) => {
      const shape = [...positions, groups * channels];
      const groupSize = sizeOf(shape) / groups;
      const spec: LayerSpec = { kind: 'group-norm', groups, affine, epsilon: 0.1 };
      const x = draw(sizeOf(shape), seed);
      const { y } = runLayer(spec, [x], () => 0, { input: shape });
      const split = [sizeOf(positions), groups, channels];
      const results = groupsOf([...y], split, [0, 2]);
      for (const [g, group] of groupsOf(x, split, [0, 2]).entries()) {
        const mean = total(group) / groupSize;
        const variance = total(group.map((value) => (value - mean) ** 2)) / groupSize;
        expect(
          maxError(
            results[g],
            group.map((value) => (value - mean) / Math.sqrt(variance + 0.1)),
          ),
        ).toBeLessThan(1e-12);
      }
      checkGradient({ input: shape, layers: [spec] }, seed);
    });
    fc.assert(check, options);
  });
});

test('instance-norm is a group-norm of one channel a group', () => {
  const x = draw(24, 5);
  const [groups, instance] = (
    [
      { kind: 'group-norm', groups: 3 },
      { kind: 'instance-norm', affine: true },
    ] as const
  ).map((spec) => runLayer(spec, [x], (o) => Math.sin(o), { input: [2, 4, 3] }));
  expect([...instance.y, ...instance.dx, ...instance.gradients]).toEqual([
    ...groups.y,
    ...groups.dx,
    ...groups.gradients,
  ]);
});

test('of equal maxima the first takes the gradient', () => {
  const { dx } = runLayer({ kind: 'max', axis: [0, 1] }, [[1, 5, 5, 2, 5, 5]], () => 3, { input: [2, 3] });
  expect([...dx]).toEqual([0, 3, 0, 0, 0, 0]);
});

/** A value of the shape of the input with some axes of length 1, or without its first axis. */
const branch = fc.record({
  axis: fc.constantFrom(0, 1, [0, 1]),
  keepdims: fc.boolean(),
  swaps: fc.boolean(), // which of the two is the first
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  extents: fc.tuple(...[1, 2, 3, 4].map(() => fc.integer({ min: 1, max: 3 }))),
  seed: fc.nat(1000),
});

test(`matmul is its equation and has its gradient, with axes broadcast (seed ${propertySeed})`, () => {
  const check = fc.property(branch, ({ axis, keepdims, swaps, transposeA, transposeB, extents, seed }) => {
    const [p, q, rows, columns] = extents;
    const input = [p, q, rows, transposeA === transposeB ? rows : columns];
    const of = swaps ? ['b', 'input'] : ['input', 'b'];
    const spec: NetworkSpec = {
      input,
      layers: [
        // Without the second axis alone, the first would stand in its place.
        { kind: 'mean', axis, keepdims: keepdims || axis === 1, name: 'b' },
        { kind: 'matmul', of, transposeA, transposeB },
      ],
    };
    const { out } = buildNetwork(spec).layers[1];
    const x = draw(sizeOf(input), seed);
    const { y } = runNetwork(spec, [x], () => 0);
    const [R, S] = input.slice(2);
    /** Number (i, j) of matrix (u, v) of a value. */
    const at = (isMean: boolean, isTransposed: boolean) => (u: number, v: number, i: number, j: number) => {
      const [r, s] = isTransposed ? [j, i] : [i, j];
      const axes = [axis].flat();
      const places = isMean ? groupsAt(axes, p, q, u, v) : [[u, v]];
      return total(places.map(([a, b]) => x[((a * q + b) * R + r) * S + s])) / places.length;
    };
    const [left, right] = [at(swaps, transposeA), at(!swaps, transposeB)];
    const [n, k] = transposeA ? [S, R] : [R, S];
    const m = transposeB ? R : S;
    expect(out).toEqual([p, q, n, m]);
    const expected = Array.from({ length: p * q * n * m }, (_, o) => {
      const [u, v, i, j] = [Math.floor(o / (q * n * m)), Math.floor(o / (n * m)) % q, Math.floor(o / m) % n, o % m];
      return total(Array.from({ length: k }, (_, t) => left(u, v, i, t) * right(u, v, t, j)));
    });
    expect(maxError(y, expected)).toBeLessThan(1e-12);
    checkGradient(spec, seed);
  });
  fc.assert(check, { seed: propertySeed, numRuns: counted(25, 600) });
});

/** The matrices of a row that the mean over `axes` makes one of, which broadcasting takes for (u, v). */
function groupsAt(axes: readonly number[], p: number, q: number, u: number, v: number): [number, number][] {
  const [first, second] = [axes.includes(0) ? range(p) : [u], axes.includes(1) ? range(q) : [v]];
  return first.flatMap((a) => second.map((b): [number, number] => [a, b]));
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test.each([
  [{ kind: 'sum', axis: 2 }, 'sum: axis has 2, expected an axis of a row of shape [2, 3], from -2 to 1'],
  [{ kind: 'max', axis: [0, -2] }, 'max: axis has [0, -2], expected each axis once'],
  [{ kind: 'softmax', axis: 0.5 }, 'softmax: axis has 0.5, expected a whole number, below 0 from the last axis'],
  [{ kind: 'group-norm', groups: 2 }, 'group-norm: groups has 2, expected a number that divides 3 channels'],
  [
    { kind: 'matmul', of: ['input', 'input'] },
    'matmul: of has values of [2, 3] and [2, 3], expected 3 rows in the second for the 3 columns of the first',
  ],
] as [LayerSpec, string][])('%j is refused', (spec, message) => {
  expect(() => buildNetwork({ input: [2, 3], layers: [spec] })).toThrow(message);
});
