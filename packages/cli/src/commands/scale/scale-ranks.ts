import { spawn } from 'node:child_process';
import { type Cluster, createPool } from '@gradloom/runtime';
import { describeRanks } from '../../lab/scale/ranks/describe-ranks.ts';
import { measureRanks, type RankPoint } from '../../lab/scale/ranks/measure-ranks.ts';
import { without } from '../../options/option.ts';
import type { Request } from '../../options/raw-options.ts';
import { type Io, printJson, printLine, printLines } from '../../terminal/io.ts';
import { createPaint } from '../../terminal/paint.ts';
import type { ProgressLine } from '../../terminal/progress-line.ts';
import { findLauncher } from '../cluster/launchers.ts';
import { describeNetwork } from '../train/describe-network.ts';
import type { Recipe } from '../train/recipe.ts';
import { type ScaleValues, scaleOptions } from './options.ts';

/** A line of JSON that `scale --cluster mpi --json` prints. */
interface RankDocument extends RankPoint {
  readonly event: 'ranks';
}

/** Measures the cluster of this rank; rank 0 prints. Resolves to the exit code. */
export async function scaleRanks(
  cluster: Cluster,
  { spec, sets, options }: Recipe,
  { steps, rounds = scaleOptions.rounds.standard, json, 'max-threads': maxThreads = cluster.cores }: ScaleValues,
  progress: ProgressLine,
  io: Io,
): Promise<number> {
  const threads = Math.min(cluster.cores, maxThreads);
  const pool = await createPool({ threads });
  try {
    const workload = { spec, sets, options: without(options, 'epochs', 'minutes'), steps };
    const point = await measureRanks(cluster, pool, workload, { threads, rounds, showProgress: progress.show });
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

const ANY_LAUNCHER = undefined; // the first that is installed
const NO_USER_FLAGS: readonly string[] = []; // for the launcher
/** Allows more ranks than cores: Open MPI 5 and 4 read these variables, others ignore them. */
const OVERSUBSCRIBE = {
  PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
};

/**
 * Starts this program on `ranks` ranks and returns their measurement.
 * @throws Error (rejects) if the ranks cannot start or end without a measurement.
 */
async function startRanks(
  ranks: number,
  words: readonly string[], // arguments of the command line
  { env }: Pick<Io, 'env'>,
  signal: AbortSignal,
): Promise<RankPoint> {
  const { command, launcher } = findLauncher(ANY_LAUNCHER, env);
  const program = [process.execPath, ...process.execArgv, process.argv[1]];
  const child = spawn(command, [...launcher.flags(NO_USER_FLAGS, env), '-n', String(ranks), ...program, ...words], {
    env: { ...OVERSUBSCRIBE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGTERM',
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const childEnd = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  childEnd.catch(() => {}); // handled below, after the output has been read
  let stdout = '';
  for await (const text of child.stdout.setEncoding('utf8')) stdout += text;
  const code = await childEnd;
  const point = findRankDocument(stdout);
  if (code === 0 && point !== null) return point;
  throw new Error(
    `scale: ${command} ended with ${code} on ${ranks} ranks, expected a measurement (${failureLineOf(errors)})`,
  );
}

/** The line of the output that says most about the failure: one of this program, else the last with letters. */
const failureLineOf = (text: string): string => {
  const lines = text.split('\n').filter((line) => /[A-Za-z]/.test(line));
  return lines.find((line) => line.startsWith('gradloom ')) ?? lines.at(-1) ?? 'it printed nothing';
};

/** The measurement that ranks have printed; null if there is none. */
export function findRankDocument(stdout: string): RankPoint | null {
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{"event":"ranks"')) continue;
    const { event: _, ...point }: RankDocument = JSON.parse(line);
    return point;
  }
  return null;
}
