import { batchNorm, conv2d, createModel, dense, flatten, relu, residual, sequential, summary } from '@gradloom/runtime';
import { expect, test } from 'vitest';

const spec = sequential(
  [2, 2, 1],
  conv2d(1, 1, { name: 'stem' }),
  residual([batchNorm(), relu()]),
  flatten(),
  dense(3),
);
const model = createModel({ spec, parameters: Float64Array.from({ length: 21 }, (_, p) => p) });

test('weights have the name of their layer or its position, their shape and their numbers', () => {
  const { weights } = model;
  expect(Object.keys(weights)).toEqual([
    ...['stem.W', 'stem.b', '1.0.gamma', '1.0.beta', '1.0.runningMean', '1.0.runningVariance', '3.W', '3.b'],
  ]);
  expect(weights['3.W']).toEqual({
    shape: [4, 3],
    values: Float64Array.from({ length: 12 }, (_, i) => 6 + i),
    isTrained: true,
  });
  expect(weights['1.0.runningMean']).toMatchObject({ shape: [1], isTrained: false });
  expect(weights['3.b'].values.buffer).toBe(model.parameters.buffer);
});

test('a summary lists the layers, the shapes of their outputs and their parameters', () => {
  expect(model.summary()).toBe(`\
layer                           reads      output  parameters  work
0      stem: conv2d(1->1, 1x1)  input       2x2x1           2  25 %
  1.0  batch-norm(1)            stem        2x2x1           4
  1.1  relu(4)                  1.0         2x2x1           0
1      residual                 stem, 1.1   2x2x1           0
2      flatten(2x2x1->4)        1               4           0
3      dense(4->3)              2               3          15  75 %

21 parameters, 2 of them not trained`);
  expect(summary(spec)).toBe(model.summary());
  expect(summary(sequential(999, dense(2)))).toMatch(/^2,000 parameters$/m);
});
