import { syntheticDatasets, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import type { TrainValues } from '../../../packages/cli/src/train/options.ts';
import type { RunStart } from '../../../packages/cli/src/train/reporter.ts';
import { summarize } from '../../../packages/cli/src/train/summary.ts';

const sets = { train: syntheticDatasets.spirals() };
const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 2 }] };

/** What stands below a run of `options`. */
async function summaryOf(options: Parameters<typeof train>[2], values: TrainValues = {}): Promise<string> {
  const result = await train(spec, sets, { threads: 1, batch: 32, ...options }).result;
  // All that a summary takes from the start of its run.
  const run = { recipe: { sets, values }, out: 'runs/spirals-1' } as RunStart;
  return summarize(run, result, (_format, text) => text, 'gradloom').join('\n');
}

test('a run that was stopped before its first step has no loss, no steps and no speed', async () => {
  const summary = await summaryOf({ signal: AbortSignal.abort() });
  expect(summary).toMatch(/^\nStopped before the first step: the weights are the initial ones\n/);
  expect(summary).not.toMatch(/NaN|training loss|steps|samples/);
});

test('another number of threads is suggested where there is work for it', async () => {
  expect(await summaryOf({ steps: 1, shards: 2 })).toContain('--config runs/spirals-1/config.json --threads 2');
  expect(await summaryOf({ steps: 1, shards: 2, threads: 2 })).toContain('config.json --threads 1');
  expect(await summaryOf({ steps: 1, shards: 1 })).not.toContain('--threads');
});

test('a library that was named is named again, since no file of the run names it', async () => {
  const blas = '/opt/my blas/libopenblas.so';
  expect(await summaryOf({ steps: 1, shards: 2 }, { blas })).toContain(`--threads 2 --blas '${blas}'`);
  const stopped = await summaryOf({ steps: 1, signal: AbortSignal.abort() }, { blas });
  expect(stopped).toContain(`train --resume runs/spirals-1 --blas '${blas}'`);
});
