import {
  buildNetwork,
  createRandom,
  dense,
  embedding,
  initializeParameters,
  referenceKernels,
  residual,
  sequential,
} from '@gradloom/core';
import { bindTensors, createWorkspace, rowAttention } from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mse } from '../../../../packages/core/src/families/losses/elementwise.ts';
import { fma } from '../../../../packages/core/src/math/fma.ts';
import { allocateEach } from '../../../../packages/core/src/math/scratch.ts';
import { attentionForward, attentionWeights } from '../../../../packages/core/src/program/reference/attention.ts';
import { propertySeed } from '../../../support/seed.ts';

const drawn = (length: number, seed: number): Float64Array => {
  const random = createRandom(seed, 'row-attention');
  return Float64Array.from({ length }, () => random.normal());
};

test('weighing the values gives what attention gives, to the bit', () => {
  const heads = fc.constantFrom([1, 1], [3, 3], [2, 1], [4, 2]);
  const dims = fc.tuple(fc.integer({ min: 1, max: 9 }), heads, fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(dims, fc.nat(), ([n, [H, K], d], seed) => {
      const step = (H + 2 * K) * d;
      const qkv = drawn(n * step, seed);
      const [y, p] = [new Float64Array(n * H * d), new Float64Array(H * n * n).fill(7)];
      const stepAndRow = new Float64Array(2);
      const lengths = Float64Array.of(n);
      const sizes = [1, n, n, H, K, d, step, step, true, 0, 0, 0, 1] as const;
      attentionForward(y, p.slice(), p.slice(), qkv, qkv, lengths, lengths, stepAndRow, ...sizes);
      attentionWeights(p, qkv, n, H, K, d);
      const weighed = y.map((_, at) => {
        const [t, h, j] = [Math.floor(at / (H * d)), Math.floor(at / d) % H, at % d];
        let sum = 0;
        const value = (H + K + Math.floor((h * K) / H)) * d + j;
        for (let u = 0; u < n; u++) sum = fma(p[(h * n + t) * n + u], qkv[u * step + value], sum);
        return sum;
      });
      expect(weighed).toEqual(y);
    }),
    { numRuns: 100, seed: propertySeed },
  );
});

test('each layer of self-attention has its own weights, in the order of the network, also inside of others', () => {
  const attention = (heads: number) => ({ kind: 'self-attention', heads, causal: true }) as const;
  const spec = sequential(
    5,
    embedding(4, 6),
    residual([attention(1)], { shortcut: [attention(2)] }),
    attention(3),
    dense(4),
  );
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, 1);
  const attend = (tokens: number[], theta = parameters) => {
    const workspace = createWorkspace(network, mse(), 1, allocateEach('float64'));
    const at = new Float64Array(5);
    return rowAttention(network, workspace, at, bindTensors(network, theta), referenceKernels, tokens);
  };
  const padded = attend([3, 1, 0, 2]);
  expect(padded.map(({ path, heads }) => [path, heads])).toEqual([
    ['1.0', 1],
    ['1.shortcut.0', 2],
    ['2', 3],
  ]);
  for (const { heads, weights } of padded) {
    for (let row = 0; row < heads * 4; row++) {
      const rowWeights = Float64Array.from(weights.slice(row * 4, (row + 1) * 4));
      expect(rowWeights.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(rowWeights.map((p, u) => (u > row % 4 ? p : 0))).toEqual(new Float64Array(4));
    }
  }
  // Fewer tokens have the same weights; a change of the last layer's projection changes its weights alone.
  for (const [k, { heads, weights }] of attend([3, 1]).entries()) {
    const expected = Array.from(
      { length: heads * 4 },
      (_, i) => padded[k].weights[(i >> 2) * 16 + ((i >> 1) & 1) * 4 + (i & 1)],
    );
    expect([...weights]).toEqual(expected);
  }
  const changed = parameters.slice();
  const [, , last] = network.tensors.filter(({ name }) => name.endsWith('Wqkv'));
  for (let i = 0; i < last.length; i++) changed[last.offset + i] *= 2;
  const others = attend([3, 1, 0, 2], changed);
  expect(others.map(({ weights }, k) => weights.every((p, i) => p === padded[k].weights[i]))).toEqual([
    true,
    true,
    false,
  ]);
});
