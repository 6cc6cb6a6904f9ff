import {
  buildNetwork,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool,
  input,
  network,
  relu,
  residual,
  sequential,
  shared,
  tanh,
} from '@gradloom/core';
import { expect, test } from 'vitest';

test('a chain of values is the chain of its layers', () => {
  const spec = network(input(784).through(dense(128), relu(), dropout(0.2), dense(10)));
  expect(spec).toEqual(sequential(784, dense(128), relu(), dropout(0.2), dense(10)));
});

test('branches name what they read, and layers stand in the order in which they were written', () => {
  const x = input([8, 8, 2]);
  const a = x.through(conv2d(4, 3, { padding: 'same' }), relu()).as('a');
  const b = x.through(conv2d(4, 1));
  const y = a.plus(b).through(globalAvgPool(), dense(3));
  expect([a.shape, b.shape, y.shape]).toEqual([[8, 8, 4], [8, 8, 4], [3]]);
  expect(network(y)).toEqual({
    input: [8, 8, 2],
    layers: [
      { kind: 'conv2d', out: 4, kernel: 3, padding: 'same' },
      { kind: 'relu', name: 'a' },
      { kind: 'conv2d', out: 4, kernel: 1, of: 'input' },
      { kind: 'plus', of: ['a', '2'] },
      { kind: 'global-avg-pool' },
      { kind: 'dense', out: 3 },
    ].map((layer) => (layer.kind === 'relu' ? { kind: 'activation', fn: 'relu', name: 'a' } : layer)),
  });
  expect(buildNetwork(network(y)).output).toEqual([3]);
});

test('what a network does not need is not in it', () => {
  const x = input(4);
  x.through(dense(9));
  expect(network(x.through(dense(2))).layers).toEqual([dense(2)]);
});

test('layers that are shared have their tensors once', () => {
  const tower = shared(dense(5), tanh(), dense(3));
  const x = input(4);
  const [a, b] = [x.through(dense(6)), x.through(dense(6))];
  const { layers, parameterCount, ties } = buildNetwork(network(tower(a).plus(tower(b)).through(dense(1))));
  expect(parameterCount).toBe(2 * (4 * 6 + 6) + (6 * 5 + 5) + (5 * 3 + 3) + 4);
  expect(ties).toHaveLength(4);
  expect(layers.map(({ label }) => label).filter((label) => label.includes('like'))).toEqual([
    'dense(6->5), like 2',
    'tanh(5), like 3',
    'dense(5->3), like 4',
  ]);
});

test('a shared layer has its name once, and its shapes are checked at the line of each use', () => {
  const tower = shared(dense(3, { name: 'tower' }));
  const x = input(4);
  const spec = network(tower(x).minus(tower(x.through(tanh()))));
  expect(spec.layers.map(({ kind, name }) => [kind, name])).toEqual([
    ['dense', 'tower'],
    ['activation', undefined],
    ['like', undefined],
    ['minus', undefined],
  ]);
  expect(buildNetwork(spec).parameterCount).toBe(15);
  expect(() => tower(x.through(dense(5)))).toThrow(
    'shared: layer has "tower", whose W is [4, 3], expected the shape that these inputs need, [5, 3]',
  );
});

test('several inputs are named parts of a row', () => {
  const image = input([4, 4, 1], 'image');
  const cells = input(3, 'cells');
  const seen = image.through(conv2d(2, 3), flatten());
  const y = seen.concat(cells).through(dense(2));
  const spec = network(y);
  expect(spec).toEqual({
    input: 19,
    layers: [
      { kind: 'slice', start: 0, end: 16, of: 'input' },
      { kind: 'reshape', shape: [4, 4, 1], name: 'image' },
      { kind: 'slice', start: 16, end: 19, of: 'input', name: 'cells' },
      { kind: 'conv2d', out: 2, kernel: 3, of: 'image' },
      { kind: 'flatten' },
      { kind: 'concat', of: ['4', 'cells'] },
      { kind: 'dense', out: 2 },
    ],
  });
  expect(buildNetwork(spec).inputs).toBe(19);
  const layers = [
    { kind: 'conv2d', out: 2, kernel: 3, of: 'image' },
    { kind: 'flatten', name: 'seen' },
    { kind: 'concat', of: ['seen', 'cells'] },
    { kind: 'dense', out: 2 },
  ] as const;
  const ofParts = buildNetwork({ input: { image: [4, 4, 1], cells: 3 }, layers: [...layers] });
  expect(ofParts.allLayers.map(({ inputs }) => inputs)).toEqual(
    buildNetwork(spec).allLayers.map(({ inputs }) => inputs),
  );
  expect(() => buildNetwork({ input: { a: 2, b: 3 }, layers: [dense(2)] })).toThrow(
    'buildNetwork: of the first layer is missing, expected one of "a", "b"',
  );
  expect(() => network(input(2).plus(input(2)))).toThrow("expected a name for each: input(12, 'cells')");
});

test('a use of a shared layer that the network does not need is left out', () => {
  const tower = shared(dense(3));
  const x = input(4);
  tower(x); // not in the network
  const [a, b] = [x.through(tanh()), x.through(relu())].map(tower);
  const { layers } = network(a.minus(b));
  expect(layers.map(({ kind }) => kind)).toEqual(['activation', 'activation', 'dense', 'like', 'minus']);
  expect(buildNetwork(network(a.minus(b))).parameterCount).toBe(15);
});

test('a shape that does not fit is an error at the line that makes it', () => {
  const x = input([4, 4, 1]);
  expect(() => x.through(flatten(), conv2d(2, 3))).toThrow('conv2d');
  expect(() => x.plus(x.through(conv2d(2, 3)))).toThrow(
    'has values of [4, 4, 1] and [2, 2, 2], expected axes that are equal or 1, from the last one on',
  );
  expect(() => x.through(residual(dense(3)))).toThrow('x + f(x) needs equal shapes');
  expect(() => x.through(dense(3, { of: 'a' }))).toThrow('of has "a", expected none: the layer reads the value itself');
});

test('a network of 20,000 layers is written without recursion', () => {
  let y = input(2);
  for (let k = 0; k < 10_000; k++) y = y.plus(y.through(tanh()));
  expect(network(y).layers).toHaveLength(20_000);
});

test('methods of values are layers of formulas, on another value or a number', () => {
  const x = input(3);
  const d = x.through(dense(3));
  expect(network(d.minus(x).times(0.5).over(d).square().plus(1).sqrt())).toEqual({
    input: 3,
    layers: [
      { kind: 'dense', out: 3 },
      { kind: 'minus', of: ['0', 'input'] },
      { kind: 'times', value: 0.5 },
      { kind: 'over', of: ['2', '0'] },
      { kind: 'square' },
      { kind: 'plus', value: 1 },
      { kind: 'sqrt' },
    ],
  });
  for (const name of ['minimum', 'maximum', 'above', 'below', 'equal'] as const) {
    expect(network(d[name](x)).layers[1]).toEqual({ kind: name, of: ['0', 'input'] });
  }
  for (const name of ['negate', 'abs', 'exp', 'log'] as const) {
    expect(network(x[name]()).layers).toEqual([{ kind: name }]);
  }
});
