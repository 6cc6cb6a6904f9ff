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

test('rows of a table give values in the units of their targets, inputs of the network its outputs', () => {
  const rows = [{ x: 12 }, { x: 10 }];
  expect(model.predict(rows)).toEqual([
    [250, 2],
    [150, -1],
  ]);
  expect(model.predict([[12], [10]])).toEqual(model.predict(rows));
  expect([...model.predict(Float64Array.of(1, 0))]).toEqual([3, 2, 1, -1]);
  expect(model.answer(rows).map(({ prediction }) => Object.values(prediction as object))).toEqual(model.predict(rows));
});
