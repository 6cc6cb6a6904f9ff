import { type Dataset, datasetFromRows } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import type { TrainValues } from '../../../../../packages/cli/src/commands/train/options.ts';
import { createRecipe } from '../../../../../packages/cli/src/commands/train/recipe.ts';
import { presets } from '../../../../../packages/cli/src/files/datasets/presets.ts';

const classes = datasetFromRows({ inputs: [[1], [2]], targets: [0, 1], classes: 2 });
const values = datasetFromRows({ inputs: [[1], [2]], targets: [0.5, 1.5] });
const recipeOf = (given: TrainValues, train: Dataset = classes) =>
  createRecipe(given, { preset: presets.moons, sets: { train }, shares: { validation: 0 } });

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
])('%j begins with %j on images of 2 x 2 pixels', async (given, input) => {
  const images = datasetFromRows({ inputs: [[1, 2, 3, 4]], targets: [0], classes: 2, shape: [2, 2, 1] });
  expect((await recipeOf(given, images)).spec.input).toEqual(input);
});
