import {
  argmax,
  buildNetwork,
  createPredictor,
  createRandom,
  dense,
  flatten,
  globalAvgPool,
  gru,
  initializeParameters,
  input,
  type LayerSpec,
  lastPosition,
  type NetworkSpec,
  network,
  pad,
  relu,
  reshape,
  selfAttention,
  slice,
  sum,
  take,
  transpose,
  type Value,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../support/bits.ts';
import { runNetwork } from '../../../support/one-layer.ts';

const random = createRandom(5, 'lengths');
const normals = (count: number): number[] => Array.from({ length: count }, () => random.normal());

/** Two sequences of two channels, and a number. */
function both(S: number, T: number): NetworkSpec {
  const cell = input(1, 'cell');
  const of = (length: number, name: string): Value =>
    input([length, 2], name).through(dense(3), selfAttention(1, { causal: false }), relu());
  const [a, b] = [of(S, 'source'), of(T, 'target')];
  const sums = a.through(gru(2, { returns: 'last', reverse: true })).plus(b.through(globalAvgPool(), dense(2)));
  return network(sums.concat([b.through(lastPosition()), cell]).through(dense(2)));
}

test('each part of a row has the outputs and gradients of its real positions alone', () => {
  const [S, T] = [5, 4];
  const [cell, source, target] = [normals(1), normals(2 * S), normals(2 * T)];
  const padded = [...cell, ...source, ...target];
  const spec = both(S, T);
  const parameters = buildNetwork(spec).tensors.map(({ length }) => normals(length));
  const dy = (o: number): number => o - 0.5;
  for (const [s, t] of [
    [S, T],
    [2, 3],
    [5, 1],
    [1, 4],
  ]) {
    const run = runNetwork(spec, [padded], dy, { parameters, lengths: [1, s, t] });
    const row = [...cell, ...source.slice(0, 2 * s), ...target.slice(0, 2 * t)];
    const alone = runNetwork(both(s, t), [row], dy, { parameters });
    expect(firstDifference(run.y, alone.y)).toBeNull();
    for (const [k, gradient] of run.gradients.entries()) {
      expect(firstDifference(gradient, alone.gradients[k])).toBeNull();
    }
    const dx = [...run.dx];
    expect(firstDifference(dx.slice(0, 1 + 2 * s), alone.dx.slice(0, 1 + 2 * s))).toBeNull();
    expect(firstDifference(dx.slice(1 + 2 * S, 1 + 2 * S + 2 * t), alone.dx.slice(1 + 2 * s))).toBeNull();
    expect(dx.slice(1 + 2 * s, 1 + 2 * S).every((value) => value === 0)).toBe(true);
    expect(dx.slice(1 + 2 * S + 2 * t).every((value) => value === 0)).toBe(true);
  }
});

test('rows of parts are predicted with a length for each part', () => {
  const network = buildNetwork(both(3, 2));
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, 1);
  const predict = createPredictor(network, parameters);
  const x = Float64Array.from(normals(2 * network.inputs));
  const [first, second] = [0, 1].map((n) => x.slice(n * network.inputs, (n + 1) * network.inputs));
  const together = [...predict(x, [1, 3, 1, 1, 2, 2])];
  expect(together).toEqual([...predict(first, [1, 3, 1]), ...predict(second, [1, 2, 2])]);
  expect([...predict(first)]).toEqual([...predict(first, [1, 3, 2])]);
  expect(() => predict(first, [3])).toThrow(
    'predict: lengths has 1 number, expected 3 (of each row 3: "cell", "source", "target")',
  );
  expect(() => predict(x, [1, 3, 2, 1, 3, 3])).toThrow(
    'predict: length of "target" of row 1 has 3, expected a whole number from 1 to 2 (positions of a row)',
  );
});

describe('positions of a value', () => {
  const square = [3, 3];
  const lengthsOf = (of: (x: Value) => Value) => {
    const { lengths } = buildNetwork(network(of(input(square)).through(lastPosition())));
    const { part, isKept } = lengths.readers[lengths.readers.length - 1];
    return part === null ? 'none' : isKept ? 'kept' : 'changed';
  };
  const through =
    (...layers: LayerSpec[]) =>
    (x: Value) =>
      x.through(...layers);

  test.each([
    ['a dense layer', through(dense(3)), 'kept'],
    ['another shape of each position', through(reshape([3, 1, 3]), sum({ axis: 1 })), 'kept'],
    ['other channels of each position', through(take([2, 0, 0])), 'kept'],
    ['the sum of a sequence and what each position adds', (x: Value) => x.sum({ axis: 0 }).plus(x), 'kept'],
    ['a product of a sequence with a matrix', (x: Value) => x.matmul(x.through(transpose())), 'kept'],
    ['a transposed sequence', through(transpose()), 'changed'],
    ['positions in reverse', through(slice([-1], [-4], { step: [-1] })), 'changed'],
    ['positions that have moved', through(pad([[1, 0], 0]), slice([0], [3])), 'changed'],
    ['positions in another order', through(take([1, 2, 0], { axis: 0 })), 'changed'],
    ['a product in which positions are summed', (x: Value) => x.matmul(x, { transposeA: true }), 'changed'],
    ['channels that become positions', through(argmax({ axis: 0 }), reshape([3, 1])), 'changed'],
    ['one axis of all numbers', through(flatten(), dense(9), reshape(square)), 'changed'],
    ['what has been read with its lengths', through(gru(9, { returns: 'last' }), reshape(square)), 'none'],
    [
      'what reads a sequence by attention, and is none',
      (x: Value) => x.through(gru(9, { returns: 'last' }), reshape(square)).crossAttention(x, 1),
      'none',
    ],
    ['what reads another value by attention', (x: Value) => x.crossAttention(x.through(transpose()), 1), 'kept'],
  ] as [string, (x: Value) => Value, string][])('%s', (_what, of, expected) => {
    expect(lengthsOf(of)).toBe(expected);
  });
});

test('padding is refused where a layer reads positions that are not those of the row', () => {
  const chain = buildNetwork(network(input([3, 3]).through(transpose(), lastPosition())));
  const predict = createPredictor(chain, new Float64Array(0));
  expect(() => predict(new Float64Array(9), [2])).toThrow(
    'lengths are given, expected none (last-position(3x3->3) at layer 1 reads other positions than the 3 of a row)',
  );
  const parts = [input([3, 2], 'a').through(lastPosition()), input([4, 2], 'b').through(slice([1]), lastPosition())];
  const ofParts = createPredictor(buildNetwork(network(parts[0].plus(parts[1]))), new Float64Array(0));
  expect([...ofParts(new Float64Array(14), [1, 4])]).toEqual([0, 0]);
  expect(() => ofParts(new Float64Array(14), [1, 3])).toThrow(
    'predict: length of "b" has 3, expected 4 (last-position(3x2->2) at layer 6 has 3 positions of a row, and the rows have 4)',
  );
});
