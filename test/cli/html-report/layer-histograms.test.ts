import { expect, test } from 'vitest';
import { layerHistograms } from '../../../packages/cli/src/html-report/charts/layer-histograms.ts';

/** All numbers in the first and the last of four bins, half in each; or in the two of the middle. */
const [wide, tight] = [
  [0.5, 0, 0, 0.5],
  [0, 0.5, 0.5, 0],
];

test('the layer is named whose numbers spread most otherwise in the end', () => {
  const picture = layerHistograms(
    'weights',
    [
      { kind: 'weights', layer: '0 dense(2->9)', low: -2, high: 2, start: wide, end: wide },
      { kind: 'weights', layer: '2 dense(9->1)', low: -2, high: 2, start: wide, end: tight },
      { kind: 'outputs', layer: '1 tanh(9)', low: -1, high: 1, start: tight, end: wide },
    ],
    'tanh, twice',
  );
  // Bins are 1 wide: their middles lie at 1.5 and 0.5 from the mean.
  expect(picture?.title).toBe(
    'tanh, twice: the weights of 2 dense(9->1) change the most: their spread goes from 1.5 to 0.5',
  );
  expect(picture?.name).toBe('weights-tanh-twice');
  expect(picture?.alternative).toBe(
    '0 dense(2->9): from -2 to 2, standard deviation 1.5 at the start and 1.5 in the end; 2 dense(9->1): from -2 to 2, standard deviation 1.5 at the start and 0.5 in the end',
  );
});

test('a layer whose numbers are all the same at the start is no number less', () => {
  const picture = layerHistograms('outputs', [
    { kind: 'outputs', layer: '1 relu(4)', low: 0, high: 4, start: [1, 0, 0, 0], end: wide },
  ]);
  expect(picture?.title).toMatch(/^The outputs of 1 relu\(4\) change the most: their spread goes from 0 to 1\.5$/);
});
