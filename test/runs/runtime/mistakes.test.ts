import {
  createModel,
  datasetFromRows,
  dense,
  evaluateModel,
  loadMnist,
  saveModel,
  sequential,
  splitDataset,
  syntheticDatasets,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';

const spec = sequential(2, dense(2));
const moons = syntheticDatasets.moons({ rows: 8 });
const parameters = new Float64Array(6);
const options = { threads: 1, steps: 1, backend: 'wasm' } as const;
const inputs = [
  [0, 1],
  [1, 0],
];

/** What JavaScript lets a program do, and the sentence that it gets. TypeScript refuses each of them. */
const mistakes: [title: string, call: () => unknown, sentence: string][] = [
  [
    'a dataset as it is',
    () => train(spec, moons as never, options).result,
    'train: data has a dataset, expected { train: dataset } (validation and test are keys of their own)',
  ],
  [
    'a dataset that is not awaited',
    () => train(spec, { train: Promise.resolve(moons) } as never, options).result,
    'train: data.train has a promise, expected a dataset (await it first)',
  ],
  [
    'sets that are not awaited',
    () => train(spec, Promise.resolve({ train: moons }) as never, options).result,
    'train: data has a promise, expected { train, validation?, test? }, each a dataset (await it first)',
  ],
  [
    'rows of plain arrays',
    () => train(spec, { train: { inputs, targets: [0, 1] } } as never, options).result,
    'train: data.train has rows of plain arrays, expected a dataset (see datasetFromRows)',
  ],
  [
    'a promise to split',
    () => splitDataset(Promise.resolve(moons) as never, { test: 0.5 }),
    'splitDataset: dataset has a promise, expected an object with rows, inputs, targets and classes (await it first)',
  ],
  [
    'a promise to evaluate on',
    () => evaluateModel(spec, parameters, Promise.resolve(moons) as never),
    'evaluateModel: dataset has a promise, expected a dataset (await it first)',
  ],
  [
    'a result that is not awaited',
    () => saveModel('never', train(spec, { train: moons }, options).result as never),
    'saveModel: model has a promise, expected { spec, parameters } (await it first)',
  ],
  [
    'a run in the place of its result',
    () => createModel(train(spec, { train: moons }, options) as never),
    'createModel: model has a promise, expected { spec, parameters } (await it first)',
  ],
  [
    'a pool that is not awaited',
    () => train(spec, { train: moons }, { threads: 1, steps: 1, pool: Promise.resolve() } as never).result,
    'train: pool has a promise, expected one that createPool made (await it first)',
  ],
  [
    'targets that are names',
    () => datasetFromRows({ inputs, targets: ['cat', 'dog'] as never }),
    'datasetFromRows: targets has "cat" in row 0, expected the index of a class (targets: names.map((name) => ' +
      'labels.indexOf(name)), with labels and classes: labels.length)',
  ],
  [
    'labels without classes',
    () => datasetFromRows({ inputs, targets: [0, 1], labels: ['cat', 'dog'] }),
    'datasetFromRows: classes is not set, expected 2 (as many as labels; targets are then indices)',
  ],
  [
    'loadMnist with a folder',
    () => loadMnist('data/mnist'),
    'loadMnist: from has "data/mnist", expected nothing, or the import.meta.url of the module that asks',
  ],
];

describe('a sentence for', () => {
  test.each(mistakes)('%s', async (_title, call, sentence) => {
    await expect((async () => call())()).rejects.toThrow(sentence);
  });
});
