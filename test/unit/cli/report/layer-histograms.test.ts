import { expect, test } from 'vitest';
import { layerHistogramPicture } from '../../../../packages/cli/src/report/charts/layer-histograms.ts';

/** All numbers in the first and the last of four bins, half in each; or in the two of the middle. */
const [wide, tight] = [
  [0.5, 0, 0, 0.5],
  [0, 0.5, 0.5, 0],
];

test('the title names the layer whose standard deviation changes most', () => {
  const picture = layerHistogramPicture(
    'weights',
    [
      { kind: 'weights', layer: 'layer 0', low: -2, high: 2, start: wide, end: wide },
      { kind: 'weights', layer: 'layer 2', low: -2, high: 2, start: wide, end: tight },
      { kind: 'outputs', layer: 'layer 0 tanh', low: -1, high: 1, start: tight, end: wide },
    ],
    'tanh, twice',
  );
  // Bins are 1 wide: their middles lie at 1.5 and 0.5 from the mean.
  expect(picture?.title).toBe(
    'tanh, twice: weights change most in layer 2: standard deviation 1.5 before training, 0.5 after',
  );
  expect(picture?.name).toBe('weights-tanh-twice');
  expect(picture?.altText).toBe(
    'layer 0: from -2 to 2, standard deviation 1.5 before training and 1.5 after; layer 2: from -2 to 2, standard deviation 1.5 before training and 0.5 after',
  );
});

test('a layer whose numbers are all equal at the start still has a title', () => {
  const picture = layerHistogramPicture('outputs', [
    { kind: 'outputs', layer: 'layer 0 relu', low: 0, high: 4, start: [1, 0, 0, 0], end: wide },
  ]);
  expect(picture?.title).toMatch(
    /^Outputs change most in layer 0 relu: standard deviation 0 before training, 1\.5 after$/,
  );
});

test('the title says if no standard deviation changes', () => {
  const same = { low: -2, high: 2, start: wide, end: wide };
  const picture = layerHistogramPicture('weights', [{ kind: 'weights', layer: 'layer 2', ...same }]);
  expect(picture?.title).toBe('Weights: the standard deviation of every layer changes by less than 5 %');
});
