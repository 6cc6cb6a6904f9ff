import { spawnSync } from 'node:child_process';
import { findMpi } from '@gradloom/runtime/internal';
import type { Io } from '../../terminal/io.ts';
import { watchedDeathIn } from './hydra.ts';

/** A process of the job that ended badly, as its launcher describes it. */
export interface Death {
  readonly rank: number | null; // null: the launcher names only its process
  readonly pid: number | null;
  readonly host: string | null;
  readonly how: string; // 'signal 9', 'exit code 5'
  /** Exit code of the process, null if a signal ended it. Left out if the launcher has the same one. */
  readonly exitCode?: number | null;
}

/** A program that starts the ranks of a job. */
export interface Launcher {
  /** Whether a program with this `--version` is the launcher. */
  isVersion(version: string): boolean;
  /** Default flags for ranks of several threads, added to those that the user gives. */
  flags(userFlags: readonly string[], env: Io['env']): readonly string[];
  /** Start of the launcher's own lines among the ranks' output on stdout; null if it only uses stderr. */
  readonly messageStart: RegExp | null;
  /** The first process that ended badly, found in stderr and the end of stdout. Later ones were ended because of it. */
  deathIn(text: string): Death | null;
  /** If the launcher started no rank, says what to do about it. Null if its messages give no reason. */
  adviceIn(text: string): string | null;
}

export const launchers = {
  "Open MPI's mpirun": {
    isVersion: (version) => version.includes('Open MPI'),
    // By default it would bind each of two ranks to one core.
    flags: (userFlags) =>
      userFlags.some((flag) => /^--?(bind-to|map-by|cpu-set)/.test(flag)) ? [] : ['--bind-to', 'none'],
    messageStart: null,
    deathIn(text) {
      const match = /process rank (\d+) with PID (\d+) on node (\S+) exited on\s+signal (\d+)/.exec(text);
      if (match !== null) {
        const [, rank, pid, host, signal] = match;
        return { rank: Number(rank), pid: Number(pid), host, how: `signal ${signal}` };
      }
      const exit = /Process name: \[\S*,(\d+)\]\s+Exit code:\s+(\d+)/.exec(text);
      return exit === null ? null : { rank: Number(exit[1]), pid: null, host: null, how: `exit code ${exit[2]}` };
    },
    adviceIn(text) {
      if (text.includes('not enough slots')) {
        return 'Open MPI starts one rank for each core, unless a host file says more: --launcher-flags=--oversubscribe allows more';
      }
      return text.includes('attempt to run as root') ? '--launcher-flags=--allow-run-as-root allows it' : null;
    },
  },
  Hydra: {
    // The launcher of MPICH and its relatives.
    isVersion: (version) => /HYDRA|Intel\(R\) MPI|MVAPICH/.test(version),
    flags: () => [],
    messageStart: /^={70,}$/,
    deathIn(text) {
      // Hydra ends the other ranks and may name one of them. The rank that died announces itself first.
      const death = watchedDeathIn(text);
      const hydraDeath = hydraDeathIn(text);
      if (death === null) return hydraDeath;
      return { ...death, how: death.how ?? (hydraDeath?.pid === death.pid ? hydraDeath.how : 'nothing says how') };
    },
    adviceIn: () => null,
  },
  srun: {
    isVersion: (version) => version.startsWith('slurm'),
    flags: (userFlags, env) => [
      '--kill-on-bad-exit=1',
      ...(userFlags.some((flag) => flag.startsWith('--mpi')) ? [] : pmiOf(env)),
    ],
    messageStart: null,
    deathIn(text) {
      const match = /srun: error: ([^\s:]+): tasks? (\d+)(?:[^\d\s:][^\s:]*)?: (.+)/.exec(text);
      if (match === null) return null;
      const [, host, rank, words] = match;
      const code = /^Exited with exit code (\d+)/.exec(words);
      const death = { rank: Number(rank), pid: null, host };
      if (code === null) return { ...death, how: words.toLowerCase(), exitCode: null };
      return { ...death, how: `exit code ${code[1]}`, exitCode: Number(code[1]) };
    },
    adviceIn: () => null,
  },
} satisfies Record<string, Launcher>;

function hydraDeathIn(text: string): Death | null {
  const match = /(?:RANK (\d+) )?PID (\d+) RUNNING AT (\S+)\s+=\s+(EXIT CODE|KILLED BY SIGNAL): (\d+)/.exec(text);
  if (match === null) return null;
  const [, rank, pid, host, cause, number] = match;
  const how = cause === 'EXIT CODE' ? hydraEnd(Number(number)) : signal(Number(number));
  return { rank: rank === undefined ? null : Number(rank), pid: Number(pid), host, how };
}

/** If a signal ended the process, Hydra prints only the signal's number as the exit code. */
const hydraEnd = (code: number): string => (SIGNALS.has(code) ? signal(code) : `exit code ${code}`);

/** If no rank announced its death, Hydra may have ended this one itself. */
const signal = (number: number): string =>
  number === 9 ? 'signal 9, by which Hydra ends the others too' : `signal ${number}`;

/** Signals of crashes, and signal 9. No command of ours has one of these as exit code. */
const SIGNALS = new Set([4, 6, 7, 8, 9, 11]);

/** An installed launcher. */
export interface FoundLauncher {
  readonly command: string;
  readonly name: string;
  readonly launcher: Launcher;
}

/** The flag with which srun starts ranks for their MPI; none if environment or configuration set a default. */
function pmiOf(env: Io['env']): readonly string[] {
  if (env.SLURM_MPI_TYPE !== undefined) return [];
  const { stdout } = spawnSync('scontrol', ['show', 'config'], { encoding: 'utf8', env });
  const mpiDefault = /^MpiDefault\s*=\s*(\S+)/m.exec(stdout ?? '')?.[1];
  if (mpiDefault !== 'none' && mpiDefault !== '(null)') return [];
  const { library } = findMpi({ environment: env });
  return library === null ? [] : [`--mpi=${library.family.slurmName}`];
}

/**
 * The named launcher. Without a name srun inside a Slurm job, else mpirun or mpiexec, whichever is installed. @throws
 * Error if it is missing or unknown.
 */
export function findLauncher(
  requested: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): FoundLauncher {
  const isSlurm = env.SLURM_JOB_ID !== undefined;
  const commands = requested === undefined ? [...(isSlurm ? ['srun'] : []), 'mpirun', 'mpiexec'] : [requested];
  let has = requested === undefined ? 'the PATH has neither mpirun nor mpiexec' : `--launcher has ${requested}`;
  for (const command of commands) {
    const { stdout: version, error } = spawnSync(command, ['--version'], { encoding: 'utf8', env });
    if (error !== undefined) {
      if (requested !== undefined) has = `--launcher has ${requested}, which cannot be started (${codeOf(error)})`;
      continue;
    }
    const match = Object.entries<Launcher>(launchers).find(([, launcher]) => launcher.isVersion(version));
    if (match !== undefined) return { command, name: match[0], launcher: match[1] };
    has = `${command} calls itself ${JSON.stringify(version.split('\n')[0].slice(0, 60))}`;
  }
  const expected = `expected ${Object.keys(launchers).join(', ')} (Debian: apt install openmpi-bin, or mpich)`;
  throw new Error(`cluster: ${has}, ${expected}`);
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);
