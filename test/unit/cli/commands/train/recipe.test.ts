import { buildNetwork, convnet, lenet5, sigmoid } from '@gradloom/core';
import { type Dataset, datasetFromRows, textDataset } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import type { TrainValues } from '../../../../../packages/cli/src/commands/train/options.ts';
import { createRecipe } from '../../../../../packages/cli/src/commands/train/recipe.ts';
import { presets } from '../../../../../packages/cli/src/files/datasets/presets.ts';
import { textPreset } from '../../../../../packages/cli/src/files/datasets/text-preset.ts';

const classes = datasetFromRows({ inputs: [[1], [2]], targets: [0, 1], classes: 2 });
const values = datasetFromRows({ inputs: [[1], [2]], targets: [0.5, 1.5] });
const recipeOf = (values: TrainValues, train: Dataset = classes) =>
  createRecipe(values, { preset: () => presets.moons, sets: { train }, shares: { validation: 0 } });

test('label smoothing becomes part of the loss, which files of the run keep', async () => {
  const { options, values: kept } = await recipeOf({ 'label-smoothing': 0.1 });
  expect(options.loss).toEqual({ kind: 'softmax-cross-entropy', labelSmoothing: 0.1 });
  expect(options).not.toHaveProperty('labelSmoothing');
  expect(kept.loss).toEqual(options.loss);
  expect(kept).not.toHaveProperty('label-smoothing');
});

test('a loss without labels to smooth refuses it', async () => {
  const sentence = 'train: labelSmoothing is no option of mse, expected --loss softmax-cross-entropy';
  await expect(recipeOf({ 'label-smoothing': 0.1 }, values)).rejects.toThrow(sentence);
});

test.each([
  [{ hidden: [3] }, 4],
  [{ spec: { layers: [{ kind: 'dense', out: 2 }] } }, 4],
  [{ spec: { layers: [{ kind: 'conv2d', out: 2, kernel: 1 }] } }, [2, 2, 1]],
  [{ spec: { input: [4, 1], layers: [{ kind: 'conv1d', out: 1, kernel: 3 }] } }, [4, 1]],
])('%j begins with %j on images of 2 x 2 pixels', async (values, input) => {
  const images = datasetFromRows({ inputs: [[1, 2, 3, 4]], targets: [0], classes: 2, shape: [2, 2, 1] });
  expect((await recipeOf(values, images)).spec.input).toEqual(input);
});

const pictures = (size: number) =>
  datasetFromRows({ inputs: [Array(size * size).fill(1)], targets: [0], classes: 2, shape: [size, size, 1] });
const folder = {
  preset: () => ({ ...presets.moons, network: 'convnet' as const, patience: 7 }),
  shares: { validation: 0 },
};

test('the network of a dataset has the defaults of networks, and gives way to options of other networks', async () => {
  const recipe = (values: TrainValues) => createRecipe(values, { ...folder, sets: { train: pictures(12) } });
  const { spec, values } = await recipe({});
  expect(spec).toEqual(convnet([12, 12, 1], 2));
  expect(values).toMatchObject({
    network: 'convnet',
    optimizer: { kind: 'adam', lr: 0.005 },
    schedule: { kind: 'one-cycle' },
  });
  expect(values).not.toHaveProperty('hidden');
  expect(values).not.toHaveProperty('patience');
  expect((await recipe({ network: 'lenet5' })).spec).toEqual(lenet5([12, 12, 1], 2));
  for (const values of [{ hidden: [3] }, { dropout: 0.5 }, { activation: { kind: 'tanh' as const } }]) {
    const { spec: stacked, values: kept } = await recipe(values);
    expect(stacked.input).toBe(144);
    expect(kept).toMatchObject({ hidden: values.hidden ?? presets.moons.hidden, optimizer: presets.moons.optimizer });
    expect(kept).not.toHaveProperty('network');
  }
});

test('a named network gets the activation that the loss wants of its outputs, and one output for two classes', async () => {
  const recipe = (values: TrainValues) => createRecipe(values, { ...folder, sets: { train: pictures(12) } });
  const { spec } = await recipe({ loss: { kind: 'mse' } });
  expect(spec.layers).toEqual([...convnet([12, 12, 1], 2).layers, sigmoid()]);
  const one = await recipe({ loss: { kind: 'binary-cross-entropy' } });
  expect(one.spec).toEqual(convnet([12, 12, 1], 1));
});

/** A text of words of five letters. */
const textOf = (length: number) =>
  textDataset(Array.from({ length: length / 6 }, (_, n) => `${(n * 7919) % 90_000}`.padStart(5, 'a')).join(' '));

test('a text that has minutes gets Muon, floats, and a network that neither tokens nor minutes are too few for', async () => {
  const recipe = async (tokens: number, values: TrainValues) =>
    createRecipe(values, { preset: () => textPreset, sets: await textOf(tokens), shares: { validation: 0 } });
  let size = 0;
  for (const [tokens, minutes] of [
    [6000, 1],
    [60_000, 1],
    [1_200_000, 1],
    [1_200_000, 9],
  ]) {
    const { spec, options } = await recipe(tokens, { minutes });
    expect(options).toMatchObject({ optimizer: { kind: 'muon' }, schedule: { kind: 'cosine' }, precision: 'float32' });
    const { parameterCount } = buildNetwork(spec);
    expect(parameterCount).toBeGreaterThan(size);
    expect(parameterCount).toBeLessThan(Math.max(60_000, Math.min(6 * tokens, 620_000 * Math.sqrt(minutes))));
    size = parameterCount;
  }
  const untimed = await recipe(6000, {});
  expect(untimed.values).toMatchObject({ network: 'gpt:4x4x128', optimizer: { kind: 'adamw' }, batch: 12 });
  expect(untimed.options).not.toHaveProperty('precision');
  const { values } = await recipe(6000, { minutes: 1, network: 'gru:1x16', optimizer: { kind: 'adamw' } });
  expect(values).toMatchObject({ network: 'gru:1x16', optimizer: textPreset.optimizer, batch: 12 });
});

test.each([
  ['lenet5', pictures(9), 'has [9, 9, 1], expected the shape of an image [H, W, C] of at least 12 x 12 pixels'],
  ['resnet20', classes, 'has 1 number, expected an image of height, width and channels (without --network, '],
] as const)('%s refuses rows that are not images of its size', async (network, train, problem) => {
  await expect(recipeOf({ network }, train)).rejects.toThrow(`train: a row of ${train.name} ${problem}`);
});
