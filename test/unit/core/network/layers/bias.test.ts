import { buildNetwork, createRandom, type LayerSpec } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const random = createRandom(5, 'bias');
const normals = (length: number): number[] => Array.from({ length }, () => random.normal());

const isBias = (name: string): boolean => ['b', 'bg', 'bv', 'beta', 'bqkv', 'bo'].includes(name);

describe.each<[number[], LayerSpec]>([
  [[4], { kind: 'dense', out: 3 }],
  [[5, 4], { kind: 'dense', out: 3 }],
  [[4], { kind: 'swiglu', out: 3 }],
  [[5, 4], { kind: 'swiglu', out: 3 }],
  [[4], { kind: 'layer-norm' }],
  [[5, 4], { kind: 'layer-norm' }],
  [[5, 4], { kind: 'self-attention', heads: 2, causal: true }],
])('on rows of %j, %j without a bias', (input, spec) => {
  const bare = { ...spec, bias: false } as LayerSpec;
  const full = buildNetwork({ input, layers: [spec] }).tensors;

  test('has no other tensors than its weights', () => {
    const names = buildNetwork({ input, layers: [bare] }).tensors.map(({ name }) => name);
    expect(names).toEqual(full.map(({ name }) => name).filter((name) => !isBias(name)));
    expect(names.length).toBeLessThan(full.length);
  });

  test('has the bits of the layer whose biases are 0', () => {
    const x = [1, 2, 3].map(() => normals(input.reduce((size, extent) => size * extent)));
    const weights = full.map(({ name, length }) =>
      isBias(name) ? new Array<number>(length).fill(0) : normals(length),
    );
    const dy = (o: number) => 1 + ((o * 7) % 5);
    const isKept = (_: unknown, k: number): boolean => !isBias(full[k].name);
    const expected = runLayer(spec, x, dy, { input, parameters: weights });
    const actual = runLayer(bare, x, dy, { input, parameters: weights.filter(isKept) });
    expect(firstDifference(actual.y, expected.y)).toBeNull();
    expect(firstDifference(actual.dx, expected.dx)).toBeNull();
    const kept = expected.gradients.filter(isKept);
    expect(actual.gradients.length).toBe(kept.length);
    for (const [k, gradient] of actual.gradients.entries()) expect(firstDifference(gradient, kept[k])).toBeNull();
  });
});
