import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  dense,
  loadCheckpoint,
  loadModel,
  saveModel,
  sequential,
  syntheticDatasets,
  tanh,
  train,
} from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/command-line.ts';

const data = { train: syntheticDatasets.moons({ rows: 40, noise: 0.1 }) };
const short = sequential(2, dense(4), { kind: 'tanh' }, dense(2));
const full = sequential(2, dense(4), tanh(), dense(2));
const options = { threads: 1, backend: 'wasm', steps: 6 } as const;

test('a network in short form trains to the same result as in long form', async () => {
  const results = await Promise.all([short, full].map((spec) => train(spec, data, options)));
  expect(results[0].spec).toEqual(full);
  expect(results[0].fingerprint).toBe(results[1].fingerprint);
});

test('files hold it in full', async () => {
  const folder = temporaryDirectory();
  const result = await train(short, data, options);
  const [a, b] = [join(folder, 'short.gradloom'), join(folder, 'full.gradloom')];
  saveModel(a, { ...result, spec: short });
  saveModel(b, { ...result, spec: full });
  expect(readFileSync(a)).toEqual(readFileSync(b));
  expect(loadModel(a).spec).toEqual(full);
});

test.each([
  ['short', 'full', short, full],
  ['full', 'short', full, short],
])('a run begun in %s goes on in %s', async (_a, _b, begun, resumed) => {
  const folder = temporaryDirectory();
  await train(begun, data, { ...options, steps: 3, checkpoint: { folder } });
  const resume = loadCheckpoint(join(folder, 'last.gradloom'));
  const [result, whole] = await Promise.all([train(resumed, data, { ...options, resume }), train(full, data, options)]);
  expect(result.fingerprint).toBe(whole.fingerprint);
});
