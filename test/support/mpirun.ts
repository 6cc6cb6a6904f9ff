import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { programFile } from './program-file.ts';
import { endOf, type Program } from './start-program.ts';

/** An MPI for tests: its mpirun, by its name on Debian, and the settings that it needs. */
export interface Mpirun {
  readonly command: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const mpiruns = {
  'Open MPI': {
    command: 'mpirun.openmpi',
    // Allows more ranks than cores, and each rank may use all cores.
    flags: ['--oversubscribe', '--bind-to', 'none'],
    env: {
      OMPI_ALLOW_RUN_AS_ROOT: '1',
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
      // Its TCP, set up in addition to shared memory, cannot reach the own machine through some interfaces.
      OMPI_MCA_btl_tcp_if_include: 'lo',
    },
  },
  MPICH: { command: 'mpirun.mpich', flags: [], env: {} },
} satisfies Record<string, Mpirun>;

export type MpirunName = keyof typeof mpiruns;
export const mpirunNames = Object.keys(mpiruns) as MpirunName[];

export interface RankOptions {
  flags?: readonly string[]; // flags of mpirun
  through?: readonly string[]; // words before mpirun that run it in another place
  env?: Readonly<Record<string, string>>;
}

/** Starts `ranks` processes of a command under an mpirun. */
export function startRanks(
  name: MpirunName,
  ranks: number,
  command: readonly string[],
  cwd: string,
  { flags = [], through = [], env = {} }: RankOptions = {},
): Program {
  const { command: mpirun, flags: usual, env: needed } = mpiruns[name];
  const [first, ...words] = [...through, mpirun, ...usual, ...flags, '-n', String(ranks), ...command];
  const child = spawn(first, words, {
    cwd,
    env: { ...process.env, ...needed, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill()); // mpirun ends its ranks
  return child;
}

export interface RanksEnd {
  readonly code: number | null;
  readonly stderr: string;
  readonly results: readonly unknown[]; // result of each rank; undefined if it has none
}

/** Runs scenarios of cluster-program.ts, such as 'move:5', on several processes. */
export async function runRanks(
  name: MpirunName,
  ranks: number,
  scenarios: readonly string[],
  options: RankOptions = {},
): Promise<RanksEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-ranks-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = [process.execPath, programFile('cluster-program'), scenarios.join(','), folder];
  const { code, stderr } = await endOf(startRanks(name, ranks, command, folder, options));
  const results = Array.from({ length: ranks }, (_, rank): unknown => {
    const file = join(folder, `rank-${rank}.json`);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  });
  return { code, stderr, results };
}
