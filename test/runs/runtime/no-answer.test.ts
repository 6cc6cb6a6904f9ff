import type { LossSpec, NetworkSpec } from '@gradloom/core';
import { createModel, datasetFromRows, evaluateModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { overflowingModel, overflowingRows } from '../../support/overflowing-model.ts';

const { spec, parameters } = overflowingModel;

describe('a row of which an output is not a finite number', () => {
  test.each<LossSpec>(['softmax-cross-entropy', 'binary-cross-entropy', 'mse', 'huber'])(
    'has no class, whatever the loss: %s',
    (loss) => {
      expect(createModel({ spec, parameters, loss }).classify(overflowingRows)).toEqual([0, 1, -1, -1, -1]);
    },
  );

  test('has none where no loss is known, or there is one output', () => {
    expect(createModel({ spec, parameters }).classify(overflowingRows)).toEqual([0, 1, -1, -1, -1]);
    const one: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 1 }] };
    const yes = createModel({ spec: one, parameters: Float64Array.of(1e308, -1e308, 0), loss: 'binary-cross-entropy' });
    expect(yes.classify(overflowingRows)).toEqual([1, 0, -1, -1, -1]);
  });

  test('has none where an input is NaN', () => {
    expect(createModel(overflowingModel).classify([[Number.NaN, 0]])).toEqual([-1]);
    expect(createModel(overflowingModel).classify(Float64Array.of(0, Number.NaN, 0, 1))).toEqual([-1, 1]);
  });

  test('is wrong in the accuracy, and counted among the rows without an answer', async () => {
    const dataset = datasetFromRows({ inputs: overflowingRows, targets: [0, 0, 0, 0, 1], classes: 2 });
    const evaluation = await evaluateModel(spec, parameters, dataset, { threads: 1 });
    expect(evaluation).toEqual({ rows: 5, loss: Number.NaN, accuracy: 1 / 5, unanswered: 3 });
    const values = datasetFromRows({ inputs: overflowingRows, targets: overflowingRows });
    const errors = await evaluateModel(spec, parameters, values, { threads: 1, loss: 'mse' });
    // A fused sum that has overflowed stays infinite: the product that it adds is finite.
    expect(errors).toMatchObject({ rows: 5, mae: Number.POSITIVE_INFINITY, unanswered: 3 });
  });

  test('is absent if there is none', async () => {
    const dataset = datasetFromRows({ inputs: overflowingRows.slice(0, 2), targets: [0, 0], classes: 2 });
    expect(await evaluateModel(spec, parameters, dataset, { threads: 1 })).not.toHaveProperty('unanswered');
  });
});
