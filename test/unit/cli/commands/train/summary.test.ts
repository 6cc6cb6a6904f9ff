import type { NetworkSpec } from '@gradloom/core';
import { dense, sequential, syntheticDatasets, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import type { TrainValues } from '../../../../../packages/cli/src/commands/train/options.ts';
import type { RunEnd } from '../../../../../packages/cli/src/commands/train/reporter.ts';
import { summarize } from '../../../../../packages/cli/src/commands/train/summary.ts';

const sets = { train: syntheticDatasets.spirals() };
const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 2 }] };

/** What stands below a run of `options`. */
async function summaryOf(
  options: Parameters<typeof train>[2],
  values: TrainValues = {},
  network: NetworkSpec = spec,
): Promise<string> {
  const result = await train(network, sets, { threads: 1, batch: 32, ...options });
  // All that a summary takes from the start of its run.
  const assessment = { baseline: null, naive: null, linear: null, targets: [], remarks: [] };
  const run = { recipe: { sets, values }, out: 'runs/spirals-1', assessment, report: null } as unknown as RunEnd;
  return summarize(run, result, { paint: (_format, text) => text, program: 'gradloom', width: 80 }).join('\n');
}

test('a run that was stopped before its first step has no loss, no steps and no speed', async () => {
  const summary = await summaryOf({ signal: AbortSignal.abort() });
  expect(summary).toMatch(/^\nStopped before the first step: the weights are the initial ones\n/);
  expect(summary).not.toMatch(/NaN|training loss|steps|samples/);
});

test('another number of threads is suggested where there is work for it', async () => {
  expect(await summaryOf({ steps: 1 })).toContain('--config runs/spirals-1/config.json --threads 2');
  expect(await summaryOf({ steps: 1, threads: 2 })).toContain('config.json --threads 1');
  expect(await summaryOf({ steps: 1, batch: 16 })).not.toContain('--threads');
});

test('threads without rows are told, with the leaves that a batch has', async () => {
  // Two leaves for three threads: 8,514 weights in three blocks are work for all of them.
  const wide = sequential(2, dense(1702), dense(2));
  const few = await summaryOf({ steps: 1, threads: 3 }, {}, wide);
  expect(few).toMatch(/^threads {8}3 {2}\(2 of them had rows in a step: a batch has 2 leaves\)$/m);
  expect(await summaryOf({ steps: 1, threads: 2 }, {}, wide)).toMatch(/^threads {8}2$/m);
  expect(await summaryOf({ steps: 1, threads: 3, batch: 33 }, {}, wide)).toMatch(/^threads {8}3$/m);
  const none = await summaryOf({ threads: 3, signal: AbortSignal.abort() }, {}, wide);
  expect(none).toMatch(/^threads {6}3$/m);
});

test('a library that was named is named again, since no file of the run names it', async () => {
  const blas = '/opt/my blas/libopenblas.so';
  expect(await summaryOf({ steps: 1 }, { blas })).toContain(`--threads 2 --blas '${blas}'`);
  const stopped = await summaryOf({ steps: 1, signal: AbortSignal.abort() }, { blas });
  expect(stopped).toContain(`train --resume runs/spirals-1 --blas '${blas}'`);
});
