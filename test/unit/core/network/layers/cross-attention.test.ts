import {
  buildNetwork,
  createRandom,
  input,
  type LayerSpec,
  type NetworkSpec,
  network,
  selfAttention,
  sequential,
} from '@gradloom/core';
import { expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';
import { runNetwork } from '../../../../support/one-layer.ts';

const random = createRandom(3, 'cross-attention');
const normals = (length: number): number[] => Array.from({ length }, () => random.normal());
const [T, S, C, D] = [5, 4, 6, 3];
const dy = (o: number) => Math.sin(o + 1);

const between = (T: number, S: number, causal: boolean, bias: boolean): NetworkSpec =>
  network(input([T, C], 'x').crossAttention(input([S, D], 'memory'), 2, { causal, bias }));

test.each([false, true])('of padding nothing is read, and it has gradients of 0 (causal: %s)', (causal) => {
  for (const bias of [true, false]) {
    const parameters = buildNetwork(between(T, S, causal, bias)).tensors.map(({ length }) => normals(length));
    const [x, memory] = [normals(T * C), normals(S * D)];
    for (const [t, s] of [
      [T, S],
      [2, 4],
      [5, 1],
      [3, 2],
    ]) {
      const padded = runNetwork(between(T, S, causal, bias), [[...x, ...memory]], dy, { parameters, lengths: [t, s] });
      const row = [...x.slice(0, t * C), ...memory.slice(0, s * D)];
      const short = runNetwork(between(t, s, causal, bias), [row], dy, { parameters });
      expect(firstDifference(padded.y, [...short.y, ...new Array((T - t) * C).fill(0)])).toBeNull();
      for (const [k, gradient] of padded.gradients.entries()) {
        expect(firstDifference(gradient, short.gradients[k])).toBeNull();
      }
      const zeros = (count: number) => new Array<number>(count).fill(0);
      const [dx, dMemory] = [short.dx.slice(0, t * C), short.dx.slice(t * C)];
      expect(firstDifference(padded.dx, [...dx, ...zeros((T - t) * C), ...dMemory, ...zeros((S - s) * D)])).toBeNull();
    }
  }
});

test.each([false, true])(
  'of a sequence to itself it is self-attention with the same weights (causal: %s)',
  (causal) => {
    const [rows, lengths] = [
      [normals(T * C), normals(T * C)],
      [T, 3],
    ];
    const [Wqkv, bqkv, Wo, bo] = [normals(3 * C * C), normals(3 * C), normals(C * C), normals(C)];
    const columns = (from: number, to: number): number[] =>
      Wqkv.filter((_, i) => i % (3 * C) >= from && i % (3 * C) < to);
    const itself = runNetwork(sequential([T, C], selfAttention(3, { causal })), rows, dy, {
      parameters: [Wqkv, bqkv, Wo, bo],
      lengths,
    });
    const spec = { input: [T, C], layers: [{ kind: 'cross-attention', of: ['input', 'input'], heads: 3, causal }] };
    const other = runNetwork(spec as NetworkSpec, rows, dy, {
      parameters: [columns(0, C), bqkv.slice(0, C), columns(C, 3 * C), bqkv.slice(C), Wo, bo],
      lengths,
    });
    expect(firstDifference(other.y, itself.y)).toBeNull();
    expect(firstDifference(other.gradients[4], itself.gradients[2])).toBeNull();
  },
);

test.each([false, true])(
  'without projections it has the bits of weights that change nothing (causal: %s)',
  (causal) => {
    const of = (options: object): NetworkSpec =>
      network(input([T, C], 'x').crossAttention(input([S, 2 * C], 'memory'), 2, { causal, bias: false, ...options }));
    const identity = (n: number): number[] => Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
    const parameters = [identity(C), identity(2 * C), identity(C)];
    const rows = [0, 1].map(() => normals(T * C + 2 * S * C));
    const lengths = [T, 3, 2, S];
    const bare = runNetwork(of({ projections: false }), rows, dy, { lengths });
    const projected = runNetwork(of({}), rows, dy, { parameters, lengths });
    expect(bare.gradients).toEqual([]);
    expect(firstDifference(bare.y, projected.y)).toBeNull();
    expect(firstDifference(bare.dx, projected.dx)).toBeNull();
  },
);

test('a causal position reads no position of the memory after its own', () => {
  const parameters = buildNetwork(between(T, S, true, true)).tensors.map(({ length }) => normals(length));
  const [x, memory] = [normals(T * C), normals(S * D)];
  const changed = memory.map((value, i) => (i < 2 * D ? value : -value));
  for (const causal of [true, false]) {
    const [one, other] = [memory, changed].map(
      (second) => runNetwork(between(T, S, causal, true), [[...x, ...second]], dy, { parameters }).y,
    );
    expect(firstDifference(one.slice(0, 2 * C), other.slice(0, 2 * C)) === null).toBe(causal);
    expect(firstDifference(one.slice(2 * C), other.slice(2 * C))).not.toBeNull();
  }
});

test.each([
  [
    { heads: 4, of: ['input', 'input'] },
    'cross-attention: heads has 4, expected a divisor of 6 (channels of the input)',
  ],
  [
    { heads: 2, of: ['input', 'input'], projections: false },
    'cross-attention: of has 6 channels in its second value, expected 12 without projections (keys and then values for 6 channels of queries)',
  ],
  [{ heads: 2 }, 'cross-attention: of has 1 value, expected 2 (that whose positions read, and that which is read)'],
])('%j is refused', (options, message) => {
  const layers = [{ kind: 'cross-attention', ...options } as LayerSpec];
  expect(() => buildNetwork({ input: [T, C], layers })).toThrow(message);
});

test('values that are no sequences are refused', () => {
  expect(() => input([T, C], 'x').crossAttention(input([2, 3, 4], 'image'), 2)).toThrow(
    'cross-attention: input has shape [2, 3, 4], expected [length, channels]',
  );
});
