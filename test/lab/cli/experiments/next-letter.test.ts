import { expect, test } from 'vitest';
import { gradloom } from '../../../support/command-line.ts';
import { expectAgreement, printedAndJson } from '../../../support/experiment.ts';

type Models = Record<string, { natsPerCharacter: number; parameters: number; samples: object[]; elapsedMs?: number }>;

test('networks of one size predict held-out words better than pairs do, and all write words, in 80 columns', async () => {
  const { text, document } = await printedAndJson('next-letter', '--steps', '300');
  expectAgreement(document.findings, [
    ...['network', 'gru', 'attention'].map((name) => `${name}: at least 0.1 nat below pairs`),
    'gru: at least 0.02 nat below attention',
  ]);
  const models = document.models as Models;
  const names = ['pairs', 'network', 'gru', 'attention'];
  expect(Object.keys(models)).toEqual(names);
  for (const name of names) {
    expect(text).toContain(`\n${name}: `);
    expect(models[name].samples).toHaveLength(200);
  }
  // The bigram model of next-token, on the same words.
  expect(models.pairs.natsPerCharacter.toFixed(3)).toBe('2.466');
  const sizes = names.slice(1).map((name) => models[name].parameters);
  expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.2);
}, 240_000);

test('any number of threads gives the same bits', async () => {
  const few = ['--steps', '3', '--batch', '3', '--samples', '2'];
  const runs: Models[] = [];
  for (const threads of ['1', '2']) {
    const { stdout } = await gradloom(['experiment', 'next-letter', '--json', '--threads', threads, ...few]);
    const { models }: { models: Models } = JSON.parse(stdout);
    for (const model of Object.values(models)) delete model.elapsedMs;
    runs.push(models);
  }
  expect(runs[1]).toEqual(runs[0]);
}, 240_000);
