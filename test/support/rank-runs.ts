import { openCluster, train } from '@gradloom/runtime';
import fc from 'fast-check';
import { createRandom } from '../../packages/core/src/math/random/index.ts';
import { randomRun } from './random-run.ts';

/**
 * Random runs, one after the other, on the started ranks: rank-runs.js <seed> <runs>. Each is trained by all ranks
 * together, with random threads, and by rank 0 alone on one thread. Rank 0 prints the differences, and the number of
 * equal runs.
 */
const [seed, count] = process.argv.slice(2).map(Number);
const cluster = await openCluster();
const random = createRandom(seed, 'rank-runs');
let same = 0;
for (const { spec, dataset, options, threads } of fc.sample(randomRun, { seed, numRuns: count })) {
  const backend = (['native', 'wasm', 'reference'] as const)[random.integer(3)];
  // Each rank has its own number; all draw the same random numbers.
  const rankThreads = Array.from({ length: cluster.ranks }, () => 1 + random.integer(Math.min(4, threads)))[
    cluster.rank
  ];
  const overlap = random.integer(2) === 0;
  const run = train(spec, { train: dataset }, { ...options, backend, overlap, threads: rankThreads, cluster });
  const [together, alone] = [await outcomeOf(run), await outcomeAlone()];
  if (cluster.rank > 0) continue;
  if (together === alone) same++;
  else console.log(JSON.stringify({ together, alone, spec, options, backend, rows: dataset.rows }));

  async function outcomeAlone(): Promise<string | null> {
    const { rank } = cluster;
    const result =
      rank > 0 ? null : await outcomeOf(train(spec, { train: dataset }, { ...options, backend, threads: 1 }));
    return await cluster.fromFirst(result);
  }
}
if (cluster.rank === 0) console.log(JSON.stringify({ same }));
await cluster.close();

/** The fingerprint and the loss, or the error of the run. */
async function outcomeOf(result: Promise<{ fingerprint: string; trainLoss: number }>): Promise<string> {
  try {
    const { fingerprint, trainLoss } = await result;
    return `${fingerprint} ${trainLoss}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
