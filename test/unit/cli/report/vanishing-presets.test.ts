import { expect, test } from 'vitest';
import { presetPictures } from '../../../../packages/cli/src/report/experiments/vanishing-presets.ts';

/** Sizes at each layer that fall by `factor` towards the input, in two starts, one twice as large as the other. */
const looks = (factor: number, layers: number) =>
  [0.1, 0.2].map((last) => ({
    layers: Array.from({ length: layers }, (_, h) => ({ rmsDz: last * factor ** (layers - 1 - h) })),
  }));

test('Glorot’s initializers are shown side by side, with theory', () => {
  const [picture] = presetPictures({
    preset: 'glorot',
    standard: { looks: looks(0.5, 5), dz: { mean: 0.5 } },
    normalised: { looks: looks(1, 5), dz: { mean: 1 } },
  });
  expect(picture.title).toBe(
    'Standard init: the gradient shrinks 2.0 times per layer; normalised init: the gradient keeps its size',
  );
  // The geometric mean of 0.1 and 0.2, and a 16th of it.
  expect(picture.altText).toContain('standard init: RMS of the gradient 0.14 at the last hidden layer and 0.0088 at');
  expect(picture.altText).toContain('a factor of 0.5 per layer, by theory 0.58');
  expect(String(picture.draw(720).markup)).toContain('÷ 2.0 per layer');
});

test('networks with and without skip connections are shown side by side, without theory', () => {
  const network = (factor: number) => ({ starts: looks(factor, 20), factors: [factor, factor] });
  const [picture] = presetPictures({ preset: 'skip', plain: network(0.5), skip: network(1) });
  expect(picture.title).toBe(
    'Sigmoid: the gradient shrinks 2.0 times per layer; sigmoid with skip connections: the gradient keeps its size',
  );
  expect(picture.caption).not.toContain('theory');
  expect(picture.altText).not.toContain('theory');
  expect(String(picture.draw(720).markup)).not.toContain('5 4'); // dashes
});

test('each start of He’s initializers has a bar', () => {
  const init = (factor: number, accuracies: number[]) => ({
    starts: looks(factor, 30),
    factors: [factor - 0.01, factor + 0.01],
    accuracies,
  });
  const [gradients, accuracy] = presetPictures({
    preset: 'he',
    seeds: [4, 5],
    steps: 700,
    'glorot-normal': init(0.7, [0.1, 0.12]),
    'he-normal': init(1, [0.87, 0.85]),
  });
  expect(gradients.title).toBe(
    'Glorot-normal: the gradient shrinks 1.43 times per layer; he-normal: the gradient keeps its size',
  );
  expect(accuracy.title).toBe(
    'Median validation accuracy after 700 steps: he-normal 86.00 % (85.00 % to 87.00 %), glorot-normal 11.00 % (10.00 % to 12.00 %)',
  );
  const markup = String(accuracy.draw(352).markup);
  for (const name of ['glorot-normal, seed 4', 'he-normal, seed 5', '87.00 %']) expect(markup).toContain(name);
});

test('the title says how many of Nielsen’s norms lie in the range of the starts', () => {
  const [picture] = presetPictures({
    preset: 'nielsen',
    seeds: [1, 2],
    networks: [
      {
        depth: 2,
        published: [0.07, 0.5],
        norms: {
          crossEntropy: [
            [0.06, 0.24],
            [0.08, 0.32],
          ],
        },
      },
    ],
  });
  expect(picture.title).toMatch(/^1 of the 2 norms that Nielsen printed .* has a gradient 4\.0 times smaller$/);
});
