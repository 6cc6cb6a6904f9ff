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
