import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

interface Bin {
  rows: number;
  probability: number | null;
  share: number | null;
}

async function trained(...flags: string[]) {
  const out = join(temporaryDirectory(), 'run');
  const common = ['--epochs', '2', '--backend', 'reference', '--threads', '1', '--quiet', '--out', out];
  const { code, stderr } = await gradloom(['train', ...flags, ...common]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const findings = JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8'));
  return { out, bins: findings.answers.calibration as Bin[], page: readFileSync(join(out, 'report.html'), 'utf8') };
}

test.each(['moons', 'blobs'])('the report of %s shows the calibration that evaluate prints', async (dataset) => {
  const { out, bins, page } = await trained('--dataset', dataset);
  const { stdout } = await gradloom(['evaluate', out, '--backend', 'reference', '--json']);
  const [{ calibration }] = jsonLines(stdout);
  expect(bins).toEqual((calibration as Bin[]).map(({ rows, probability, share }) => ({ rows, probability, share })));
  expect(page).toContain('<figure id="calibration">');
});

test('a model without probabilities has none', async () => {
  const { bins, page } = await trained('--dataset', 'blobs', '--loss', 'mse');
  expect(bins).toBeUndefined();
  expect(page).not.toContain('<figure id="calibration">');
});
