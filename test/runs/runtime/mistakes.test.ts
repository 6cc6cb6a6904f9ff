import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, checkPreprocessing, type ModelContents } from '@gradloom/core';
import {
  createModel,
  datasetFromRows,
  dense,
  evaluateModel,
  importModel,
  loadDataset,
  loadImageFolder,
  loadMnist,
  loadModel,
  loadParts,
  readTable,
  saveModel,
  sequential,
  splitDataset,
  syntheticDatasets,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { writeContainer } from '../../../packages/runtime/src/system/files/container.ts';
import { encodeNpy } from '../../support/encode-npy.ts';
import { encodeZip } from '../../support/encode-zip.ts';
import { expectPrintable, hostile } from '../../support/hostile-text.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

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
    () => train(spec, moons as never, options),
    'train: data has a dataset, expected { train: dataset } (validation and test are keys of their own)',
  ],
  [
    'a dataset that is not awaited',
    () => train(spec, { train: Promise.resolve(moons) } as never, options),
    'train: data.train has a promise, expected a dataset (await it first)',
  ],
  [
    'sets that are not awaited',
    () => train(spec, Promise.resolve({ train: moons }) as never, options),
    'train: data has a promise, expected { train, validation?, test? }, each a dataset (await it first)',
  ],
  [
    'rows of plain arrays',
    () => train(spec, { train: { inputs, targets: [0, 1] } } as never, options),
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
    'a dataset of other classes to evaluate on',
    () => evaluateModel(sequential(2, dense(3)), new Float64Array(9), moons),
    "evaluateModel: the network's output has 3, expected 2 (classes of moons)",
  ],
  [
    'a result that is not awaited',
    () => saveModel('never', train(spec, { train: moons }, options) as never),
    'saveModel: model has a promise, expected { spec, parameters } (await it first)',
  ],
  [
    'a run in the place of its result',
    () => createModel(train(spec, { train: moons }, options) as never),
    'createModel: model has a promise, expected { spec, parameters } (await it first)',
  ],
  [
    'a pool that is not awaited',
    () => train(spec, { train: moons }, { threads: 1, steps: 1, pool: Promise.resolve() } as never),
    'train: pool has a promise, expected one that createPool made (await it first)',
  ],
  [
    'a name that is no class',
    () => datasetFromRows({ inputs, targets: ['cat', 'cow'], classNames: ['cat', 'dog'] }),
    'datasetFromRows: targets has "cow" in row 1, expected one of cat, dog',
  ],
  [
    'names and numbers as targets',
    () => datasetFromRows({ inputs, targets: ['cat', 1] as never }),
    'datasetFromRows: targets has 1 in row 1, expected one of cat',
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

const folder = temporaryFolder();
const put = (name: string, contents: string | Uint8Array): string => {
  const path = join(folder.path, name);
  writeFileSync(path, contents);
  return path;
};

/** Half a megabyte, of which a comparison letter by letter with a thousand names would take minutes. */
const long = `${hostile.replace('\ud83d', '')} ${'x'.repeat(500_000)}`;
/** As much as fits into the name of a file in an archive. */
const shorter = long.slice(0, 60_000);
const wide: ModelContents = {
  spec: { input: 1000, layers: [{ kind: 'dense', out: 1 }] },
  parameters: new Float64Array(1001),
  loss: 'mse',
  preprocessing: {
    version: 1,
    columns: Array.from({ length: 1000 }, (_, i) => ({
      name: `column${i}`,
      type: 'numeric',
      center: 0,
      scale: 1,
      fill: null,
      indicator: false,
    })),
    target: [{ name: 'y', type: 'values', center: 0, scale: 1 }],
  } as NonNullable<ModelContents['preprocessing']>,
};
const run = (more: object, data: object = { train: moons }, net: unknown = spec) =>
  train(net as typeof spec, data as { train: typeof moons }, { ...options, ...more });
const named = (name: string, more: object = {}) => ({ train: { ...moons, name, ...more } });
const imported = (path: string, more: object = {}) => importModel(path, { spec, ...more });
const tensors = (entries: object, bytes = 0): Uint8Array => {
  const header = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes)]);
};
const float = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
const npz = (name: string) => put('a.npz', encodeZip([{ name: `${name}.npy`, bytes: encodeNpy('f8', [1], [1]) }]));
const container = (kind: string, content: object, section: string): string => {
  const path = join(folder.path, 'c.gradloom');
  writeContainer('here', path, kind, content, new Map([[section, new Float64Array(1)]]));
  return path;
};

/** Every place of the library that a text from a caller or a file can come to a message from. */
const quoting: Record<string, () => unknown> = {
  'the kind of a layer': () => buildNetwork({ input: 1, layers: [{ kind: long as 'dense', out: 1 }] }),
  'an option of a layer': () => buildNetwork({ input: 1, layers: [{ kind: 'dense', out: 1, [long]: 1 }] }),
  'a loss': () => run({ loss: long }),
  'an option of an optimizer': () => run({ optimizer: { kind: 'adam', [long]: 1 } }),
  'an option of a run': () => run({ [long]: 1 }),
  'the name of a dataset': () => run({}, named(long), sequential(3, dense(2))),
  'the name of a dataset with odd targets': () => run({}, named(long, { classes: 1 })),
  'a class to weigh': () => run({ classWeight: { [long]: 1 } }, named(long, { labels: [`${long}1`, `${long}2`] })),
  'an unknown column of a row': () => createModel(wide).predict([{ [long]: 1 }]),
  'a cell of a row': () => {
    const cells = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`column${i}`, i === 7 ? long : 1]));
    createModel(wide).predict([cells]);
  },
  'a key of a preprocessing': () => checkPreprocessing('f', { version: 1, columns: [], target: [], [long]: 1 }),
  'the metadata of a model': () => saveModel('never', { ...wide, metadata: { [long]: () => 1 } as never }),
  'the path of a model': () => loadModel(long),
  'the path of a dataset': () => loadDataset(long),
  'the path of a table': () => readTable(`${long}.csv`, {}),
  'the path of images': () => loadImageFolder(long),
  'the path of weights': () => imported(`${long}.safetensors`),
  'the path of a module': () => loadParts([long]),
  'the kind of a file': () => loadModel(container(shorter, {}, 'parameters')),
  'a section of a file': () => loadModel(container('model', { spec }, long)),
  'a module of a model': () => {
    const modules = [{ name: long, sha256: long }];
    return loadModel(container('model', { spec, modules }, 'parameters'));
  },
  'the layer of a model': () =>
    loadModel(container('model', { spec: { input: 1, layers: [{ kind: long }] } }, 'parameters')),
  'an array of a dataset': () => loadDataset(npz(shorter)),
  'an array of weights': () => imported(npz(shorter)),
  'a tensor of weights': () => imported(put('a.safetensors', tensors({ [long]: float }, 4))),
  'a tensor of an unknown type': () =>
    imported(put('b.safetensors', tensors({ [long]: { ...float, dtype: long } }, 4))),
  'a tensor in the wrong place': () => imported(put('c.safetensors', tensors({ [long]: float }, 9))),
  'a module to rename': () => imported(put('d.safetensors', tensors({ a: float }, 4)), { rename: { [long]: '0' } }),
  'the name of a column': () => readTable(put('a.csv', `x,"${shorter}","${shorter}"\n1,2,3`), {}),
  'a target': () => readTable(put('b.csv', 'x,y\n1,2'), { target: long }),
  'a line of JSON': () => readTable(put('a.jsonl', `"${'x'.repeat(60_000)}"`), {}),
  'the header of an npy file': () => {
    const bytes = encodeNpy('f8', [1], [1]);
    bytes.set(Buffer.from(hostile).subarray(0, 40), 12);
    return loadDataset(put('a.npy', bytes));
  },
};

describe('a text of any length and kind is quoted in one short line that a terminal can show: ', () => {
  test.each(Object.keys(quoting))(
    '%s',
    async (source) => {
      const error = await (async () => quoting[source]())().catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(Error);
      const { message } = error as Error;
      expect(message).not.toContain('\n');
      expectPrintable(message);
      expect(message.length).toBeLessThan(source.startsWith('the path') ? 10_000 : 1500);
    },
    10_000,
  );
});
