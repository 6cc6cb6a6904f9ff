import { expect, test } from 'vitest';
import type { ExperimentContext } from '../../../../packages/cli/src/experiments/experiment.ts';
import { glorotOf } from '../../../../packages/cli/src/experiments/vanishing/presets/glorot.ts';
import { heOf } from '../../../../packages/cli/src/experiments/vanishing/presets/he.ts';
import { near, rangeOf, within } from '../../../../packages/cli/src/experiments/vanishing/presets/range.ts';
import { expectAgreement, expectNarrow, experimentJson } from '../../../support/experiment.ts';

const context: ExperimentContext = {
  machine: { backend: 'wasm', threads: 2 },
  brief: false,
  note() {},
  paint: (_format, text) => text,
};

test("Nielsen's norms lie within those of twenty starts, and quadratic ones below", async () => {
  const { findings, networks } = await experimentJson('vanishing', '--preset', 'nielsen');
  expectAgreement(findings, ['0.07', '0.31', '0.012', '0.060', '0.283', '0.003', '0.017', '0.070', '0.285']);
  for (const { norms } of networks as { norms: Record<'crossEntropy' | 'quadratic', number[][]> }[]) {
    expect(norms.crossEntropy).toHaveLength(20);
    for (const [k, own] of norms.crossEntropy.entries()) {
      for (const [h, norm] of own.entries()) expect(norms.quadratic[k][h]).toBeLessThan(0.5 * norm);
    }
  }
});

test('a preset keeps to 80 columns, and holds nothing against the range of two starts', async () => {
  const text = await expectNarrow('vanishing', '--preset', 'nielsen', '--seeds', '1..2');
  expect(text).not.toContain('agree');
});

test("Glorot and Bengio's trends show at a fifth of their width too", async () => {
  const { findings, json } = await glorotOf({ width: 200, rows: 64 }).run([1, 2], context);
  expectAgreement(findings, ['sqrt(1/3)', 'about 1', 'keeps its size', 'about 0.5', 'about 0.8']);
  const { standard } = json as { standard: { looks: { layers: { rmsDz: number; rmsDW: number }[] }[] } };
  const { layers } = standard.looks[0];
  // Their equation 14: what dL/dz loses towards the input, the inputs of the layers have more of.
  expect(layers[0].rmsDz / layers[4].rmsDz).toBeLessThan(0.2);
  expect(layers[0].rmsDW / layers[4].rmsDW).toBeGreaterThan(0.8);
});

test("He's factors show from the first step; with too few steps its claim of learning does not", async () => {
  const { findings } = await heOf({ steps: 3 }).run([1, 2], context);
  expect(findings.map(({ chapter, agrees }) => [chapter, agrees])).toEqual([
    ['sqrt(1/2)', true],
    ['1', true],
    ['stalls', true],
    ['converges', false],
  ]);
});

test('a printed number agrees only inside the measured range, a trend only near the mean', () => {
  const range = rangeOf('x', [1, 2, 6]);
  expect(range).toEqual({ low: 1, high: 6, mean: 3 });
  expect(['0.9', '1', '5', '6.1'].map((printed) => within('x', printed, range).agrees)).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect([2.9, 3.2].map((value) => near('x', '', value, range, 0.05).agrees)).toEqual([true, false]);
  expect(() => rangeOf('x', [1, Number.NaN])).toThrow('x has NaN, expected finite numbers from every start');
});
