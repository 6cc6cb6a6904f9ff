import { buildNetwork, createLoss, initializeParameters } from '@gradloom/core';
import { maxPassRows } from '@gradloom/core/internal';
import {
  conv2d,
  createModel,
  datasetFromRows,
  dense,
  evaluateModel,
  globalAvgPool,
  relu,
  sequential,
  train,
} from '@gradloom/runtime';
import { expect, test } from 'vitest';

/** So many activations that an evaluation takes fewer rows at a time than the 256 whose losses it adds in one sum. */
const spec = sequential([64, 64, 1], conv2d(16, 3, { stride: 2 }), relu(), globalAvgPool(), dense(3));
const N = 300;
const dataset = datasetFromRows({
  inputs: Array.from({ length: N }, (_, n) =>
    Array.from({ length: 4096 }, (_, i) => ((i * 31 + n * n * 17) % 97) / 97),
  ),
  targets: Array.from({ length: N }, (_, n) => n % 3),
  classes: 3,
  shape: [64, 64, 1],
});

test('an evaluation in pieces has the losses of whole chunks of 256 rows, to the bit', async () => {
  const network = buildNetwork(spec);
  expect(maxPassRows(network, 'float64')).toBeLessThan(256);
  expect(256 % maxPassRows(network, 'float64')).not.toBe(0); // the last piece of a chunk is shorter
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, 1);
  const contents = { spec, parameters, loss: 'softmax-cross-entropy' } as const;
  const y = createModel(contents).outputs(Float64Array.from(dataset.inputs.array));
  const t = Float64Array.from(dataset.targets.array);
  const sums = new Float64Array(2);
  createLoss('softmax-cross-entropy').evaluate(sums, y.slice(), y, t, N, 256, 3);
  const loss = (sums[0] + sums[1]) / N;
  for (const threads of [1, 2]) {
    const evaluated = await evaluateModel(spec, parameters, dataset, { loss: contents.loss, threads, backend: 'wasm' });
    expect(evaluated.loss).toBe(loss);
  }
  const options = {
    parameters,
    steps: 1,
    batch: 2,
    threads: 2,
    backend: 'wasm',
    optimizer: { kind: 'sgd', lr: 1e-300 },
  } as const;
  const { validation } = await train(spec, { train: dataset, validation: dataset }, options);
  expect(validation?.loss).toBe(loss);
});
