import { createModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';

const model = createModel({
  spec: { input: 1, layers: [{ kind: 'dense', out: 2 }] },
  parameters: Float64Array.of(2, 3, 1, -1), // y = (2x + 1, 3x - 1)
  preprocessing: {
    version: 1,
    columns: [{ name: 'x', type: 'numeric', center: 10, scale: 2, fill: 0, indicator: false }],
    target: [
      { name: 'price', type: 'values', center: 100, scale: 50 },
      { name: 'age', type: 'values', center: 0, scale: 1 },
    ],
  },
});

test('predict gives values in the units of their targets, outputs what the network computed', () => {
  const rows = [{ x: 12 }, { x: 10 }];
  const values = [
    { price: 250, age: 2 },
    { price: 150, age: -1 },
  ].map((prediction) => ({ prediction }));
  expect(model.predict(rows)).toEqual(values);
  expect(model.predict([[12], [10]])).toEqual(values);
  expect(model.predict(Float64Array.of(1, 0))).toEqual(values);
  expect(model.outputs(rows)).toEqual([
    [3, 2],
    [1, -1],
  ]);
  expect([...model.outputs(Float64Array.of(1, 0))]).toEqual([3, 2, 1, -1]);
});
