import { expect, test } from 'vitest';
import type { ExperimentContext } from '../../../../../packages/cli/src/lab/experiments/experiment.ts';
import { isFailure } from '../../../../../packages/cli/src/lab/experiments/finding.ts';
import { glorotOf } from '../../../../../packages/cli/src/lab/experiments/vanishing/presets/glorot.ts';
import { heOf } from '../../../../../packages/cli/src/lab/experiments/vanishing/presets/he.ts';
import { nielsen } from '../../../../../packages/cli/src/lab/experiments/vanishing/presets/nielsen.ts';
import { skipOf } from '../../../../../packages/cli/src/lab/experiments/vanishing/presets/skip.ts';
import { medianText, nearMean, nearOneStart, rangeOf } from '../../../../../packages/cli/src/lab/figures/range.ts';
import { readAs } from '../../../../../packages/cli/src/options/schema/schema.ts';
import {
  presetDocument,
  presetPictures,
} from '../../../../../packages/cli/src/report/experiments/vanishing-presets.ts';
import { onlyInAll } from '../../../../support/count.ts';
import { expectAgreement, expectNarrow, experimentJson } from '../../../../support/experiment.ts';

const context: ExperimentContext = {
  machine: { backend: 'wasm', threads: 1 },
  brief: false,
  showProgress() {},
  paint: (_format, text) => text,
};

const atStart = ['0.07', '0.31', '0.012', '0.060', '0.283', '0.003', '0.017', '0.070', '0.285'];

test.each(onlyInAll(20))("Nielsen's norms lie near those of %d starts, and quadratic ones below", async () => {
  const { findings, networks } = await experimentJson('vanishing', '--preset', 'nielsen');
  expectAgreement(
    findings,
    atStart.map((norm) => `Nielsen: ${norm}`),
  );
  for (const { norms } of networks as { norms: Record<'crossEntropy' | 'quadratic', number[][]> }[]) {
    expect(norms.crossEntropy).toHaveLength(20);
    for (const [k, layers] of norms.crossEntropy.entries()) {
      for (const [h, norm] of layers.entries()) expect(norms.quadratic[k][h]).toBeLessThan(0.5 * norm);
    }
  }
});

test.each(onlyInAll(12))(
  "Nielsen's norms of epoch 499 lie near those of %d starts, whose biases do not decay",
  { timeout: 300_000 },
  async (starts) => {
    const { findings } = await nielsen.run(
      Array.from({ length: starts }, (_, k) => k + 1),
      context,
      true,
    );
    expect(findings.filter(isFailure)).toEqual([]);
    expect(findings.slice(9).map(({ paper }) => paper?.printed)).toEqual(['8.21e-6', '2.61e-5', '1.83e-4', '9.25e-4']);
  },
);

test('a preset keeps to 80 columns, and claims nothing for one start', async () => {
  const text = await expectNarrow('vanishing', '--preset', 'nielsen', '--seeds', '1..1');
  expect(text).toContain('-: not claimed: --seeds has fewer than 10 starts');
  expect(text).toContain('\n9 are not claimed.');
});

test("Glorot and Bengio's trends show at a fifth of their width too", async () => {
  const { findings, json } = await glorotOf({ width: 200, rows: 64 }).run([1, 2], context);
  const printed = ['sqrt(1/3)', 'about 1', 'keeps its size', 'about 0.5', 'about 0.8'];
  expectAgreement(
    findings,
    printed.map((figure) => `Glorot: ${figure}`),
  );
  expect(drawn(json)).toEqual(['gradient-by-layer']);
  const { standard } = json as { standard: { looks: { layers: { rmsDz: number; rmsDW: number }[] }[] } };
  const { layers } = standard.looks[0];
  // Their equation 14: what dL/dz loses towards the input, the inputs of the layers have more of.
  expect(layers[0].rmsDz / layers[4].rmsDz).toBeLessThan(0.2);
  expect(layers[0].rmsDW / layers[4].rmsDW).toBeGreaterThan(0.8);
});

test("He's factors hold from any start; accuracies are shown by median and range, and not claimed", async () => {
  for (const seeds of [[4, 5, 6], [7]]) {
    const { findings, sections, json } = await heOf({ steps: 2 }).run(seeds, context);
    expect(findings.map(({ paper, agrees }) => [paper?.printed, agrees])).toEqual([
      ['sqrt(1/2)', true],
      ['1', true],
      ['stalls', null],
      ['converges', null],
    ]);
    expect(findings[2].computed).toMatch(/^\d+\.\d\d %, \d+\.\d\d % to \d+\.\d\d %$/);
    expect(sections[0].lines[0]).toMatch(/accuracy, median +lowest to highest$/);
    expect(drawn(json)).toEqual(['gradient-by-layer', 'accuracy-by-init']);
  }
});

test('skip connections keep the gradient of sigmoid from vanishing, and let 20 layers learn', async () => {
  const { findings, json } = await skipOf({ steps: 150 }).run([1, 2], context);
  expect(findings.map(({ paper, agrees }) => [paper?.printed, agrees])).toEqual([
    ['can vanish', true],
    ['does not vanish', true],
  ]);
  type Figures = Record<'firstGradients' | 'accuracies', number[]> & { starts: { layers: { flat: number }[] }[] };
  const { plain, skip } = json as Record<'plain' | 'skip', Figures>;
  for (const [k, norm] of skip.firstGradients.entries()) {
    expect(plain.firstGradients[k]).toBeLessThan(1e-8 * norm);
    expect(plain.accuracies[k]).toBeLessThan(0.2);
    expect(skip.accuracies[k]).toBeGreaterThan(0.7);
    expect(skip.starts[k].layers.every(({ flat }) => flat >= 0 && flat <= 1)).toBe(true); // of activations, not of sums
  }
  expect(drawn(json)).toEqual(['gradient-by-layer']);
});

/** The pictures that the page draws of a preset's document, once it went through a file. */
const drawn = (json: unknown): string[] =>
  presetPictures(readAs(presetDocument, JSON.parse(JSON.stringify(json)), 'vanishing.json')).map(({ name }) => name);

test('a median is the middle value, or lies between the two in the middle', () => {
  expect(medianText([3, 1, 10], String)).toEqual(['3', '1 to 10']);
  expect(medianText([4, 1, 2, 10], String)).toEqual(['3', '1 to 10']);
});

test('a printed number agrees within three deviations of one more start, a trend only near the mean', () => {
  const range = rangeOf('x', [1, 2, 6]);
  expect(range).toEqual({ low: 1, high: 6, mean: 3 });
  const paper = (printed: string) => ({ printed, source: 'somebody' });
  // Logarithms 0, 1, 2: mean 1, deviation 1, so that of one more is sqrt(4/3); e^(1 - 3 * 1.155) = 0.0851, e^4.46 =
  // 86.9.
  const values = [1, Math.E, Math.E ** 2];
  expect(['0.084', '0.086', '86', '88'].map((printed) => nearOneStart('x', paper(printed), values).agrees)).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect([2.9, 3.2].map((value) => nearMean('x', paper(''), value, range, 0.05).agrees)).toEqual([true, false]);
  expect(() => rangeOf('x', [1, Number.NaN])).toThrow('x has NaN, expected finite numbers from every start');
});
