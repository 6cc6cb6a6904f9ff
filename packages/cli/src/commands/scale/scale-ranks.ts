import { type Cluster, createPool } from '@gradloom/runtime';
import { describeRanks } from '../../lab/scale/ranks/describe-ranks.ts';
import { measureRanks, type RankPoint } from '../../lab/scale/ranks/measure-ranks.ts';
import type { Request } from '../../options/raw-options.ts';
import { type Io, printJson, printLine, printLines } from '../../terminal/io.ts';
import { createPaint } from '../../terminal/paint.ts';
import type { ProgressLine } from '../../terminal/progress-line.ts';
import { describeNetwork } from '../train/describe-network.ts';
import type { Recipe } from '../train/recipe.ts';
import { type ScaleValues, scaleOptions } from './options.ts';
import { type RankDocument, startRanks } from './start-ranks.ts';

/** Measures the cluster of this rank; rank 0 prints. Resolves to the exit code. */
export async function scaleRanks(
  cluster: Cluster,
  { spec, sets, options: { epochs: _, ...options } }: Recipe,
  {
    steps,
    rounds = scaleOptions.rounds.standard,
    json,
    'max-threads': maxThreads = Number.POSITIVE_INFINITY,
  }: ScaleValues,
  progress: ProgressLine,
  io: Io,
): Promise<number> {
  const threads = Math.min(cluster.cores, maxThreads);
  const pool = await createPool({ threads });
  try {
    const point = await measureRanks(
      cluster,
      pool,
      { spec, sets, options, steps },
      { threads, rounds, showProgress: progress.show },
    );
    progress.clear();
    const document: RankDocument = { event: 'ranks', ...point };
    if (json) printJson(io.stdout, document);
    else {
      printLine(io.stdout, `${sets.train.name}, ${describeNetwork(spec)}`);
      printLines(io.stdout, describeRanks([point], cluster.cores, createPaint(io.stdout, io.env)));
    }
    return 0;
  } finally {
    progress.clear();
    await pool.destroy();
  }
}

/** Starts and measures each number of ranks in turn. */
export async function measureEach(
  counts: readonly number[],
  request: Request,
  progress: ProgressLine,
  io: Io,
  signal: AbortSignal,
): Promise<RankPoint[]> {
  const points: RankPoint[] = [];
  for (const ranks of counts) {
    if (signal.aborted) break;
    progress.show(`${ranks} ranks of ${counts}`);
    points.push(await startRanks(ranks, argumentsOfRanks(request.args), io, signal));
  }
  return points;
}

/** Flags that say what else to measure and where to show it; true if a value follows. */
const PARENT_FLAGS = { '--ranks': true, '--model-cores': true, '--out': true, '--json': false } as const;

/** The arguments for ranks that are measured: those that say what to train and how long. */
export function argumentsOfRanks(args: readonly string[]): string[] {
  const rankArgs: string[] = [];
  for (let k = 0; k < args.length; k++) {
    const [flag] = args[k].split('=', 1);
    if (!Object.hasOwn(PARENT_FLAGS, flag)) rankArgs.push(args[k]);
    else if (PARENT_FLAGS[flag as keyof typeof PARENT_FLAGS] && flag === args[k]) k++;
  }
  return [...rankArgs, '--cluster', 'mpi', '--json'];
}
