import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { decimal } from '../../../../packages/cli/src/terminal/text/format.ts';
import { gradloom } from '../../../support/command-line.ts';
import { expectAgreement, expectNarrow, type experimentJson, slipsOf } from '../../../support/experiment.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { path: out } = temporaryFolder();
let printed: string;
let descent: Awaited<ReturnType<typeof experimentJson>>;

beforeAll(async () => {
  const { code, stdout } = await gradloom(['experiment', 'all', '--only', 'neuron,descent', '--out', out]);
  expect(code).toBe(0);
  printed = stdout;
  descent = JSON.parse(readFileSync(join(out, 'descent.json'), 'utf8'));
});

test('a rate can be too small, right or too large; schedules and small batches help', () => {
  const { findings } = descent;
  expectAgreement(findings, [
    ...['rate 1e-7 crawls', 'just right', 'too large', 'rate 10 diverges'],
    ...['XOR learns at rate 2.0', 'sin x diverges at rate 2.0', 'warm-up and cosine end below constant'],
    ...[
      'noise of a batch is as theory says',
      'batches of 1 need fewer epochs than full batches',
      'batches of 1 need more steps than full batches',
    ],
  ]);
  expect(slipsOf(findings)).toEqual(['rate 0.001', 'rate 0.1']);
});

test('a slip of the chapter is shown, in the table of all too, and changes no exit code', () => {
  expect(printed).toMatch(/^rate 0\.1 +too large +learns, .* slip/m);
  expect(printed).toMatch(/^descent +8 of 10 +rate 0\.001 \(slip\); rate 0\.1 \(slip\)$/m);
  expect(printed).toContain('\n13 of 15 numbers agree; 2 are slips of the chapter.\n');
});

test('from another seed, other numbers are printed, in 80 columns', async () => {
  const text = await expectNarrow('descent', '--seed', '3');
  for (const verdict of ['crawls', 'slow', 'learns', 'overshoots', 'diverges']) expect(text).toContain(verdict);
  const { rates, schedules } = descent as unknown as {
    rates: Record<string, { losses: number[] }>;
    schedules: Record<string, { loss: number }>;
  };
  // Each of these is printed with four digits from seed 0: of the weights, and of the order of the rows.
  const shown = [rates['0.1'].losses[0], schedules.constant.loss].map(decimal);
  for (const number of shown) expect(text).not.toContain(` ${number} `);
});
