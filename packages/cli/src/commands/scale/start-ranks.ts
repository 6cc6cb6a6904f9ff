import { spawn } from 'node:child_process';
import type { RankPoint } from '../../lab/scale/ranks/measure-ranks.ts';
import type { Io } from '../../terminal/io.ts';
import { findLauncher } from '../cluster/launchers.ts';

/** Allows more ranks than cores: Open MPI 5 and 4 read these variables, others ignore them. */
const OVERSUBSCRIBE = {
  PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
};

/**
 * Starts this program on `ranks` ranks and returns their measurement.
 * @throws Error (rejects) if the ranks cannot start or end without a measurement.
 */
export async function startRanks(
  ranks: number,
  words: readonly string[], // arguments of the command line
  { env }: Pick<Io, 'env'>,
  signal: AbortSignal,
): Promise<RankPoint> {
  const { command, launcher } = findLauncher(undefined, env);
  const program = [process.execPath, ...process.execArgv, process.argv[1]];
  const child = spawn(command, [...launcher.flags([], env), '-n', String(ranks), ...program, ...words], {
    env: { ...OVERSUBSCRIBE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGTERM',
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  ended.catch(() => {});
  let stdout = '';
  for await (const text of child.stdout.setEncoding('utf8')) stdout += text;
  const code = await ended;
  const point = findRankDocument(stdout);
  if (code === 0 && point !== null) return point;
  throw new Error(`scale: ${command} ended with ${code} on ${ranks} ranks, expected a measurement (${lastOf(errors)})`);
}

/** The first non-empty line of the end of the output. */
const lastOf = (text: string): string => {
  const lines = text.split('\n').filter((line) => /[A-Za-z]/.test(line));
  return lines.find((line) => line.startsWith('gradloom ')) ?? lines.at(-1) ?? 'it printed nothing';
};

/** A line of JSON that `scale --cluster mpi --json` prints. */
export interface RankDocument extends RankPoint {
  readonly event: 'ranks';
}

/** The measurement that ranks have printed; null if there is none. */
export function findRankDocument(stdout: string): RankPoint | null {
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{"event":"ranks"')) continue;
    const { event: _, ...point }: RankDocument = JSON.parse(line);
    return point;
  }
  return null;
}
