import { spawnSync } from 'node:child_process';
import { findMpi } from '@gradloom/runtime/internal';
import type { Io } from '../../terminal/io.ts';
import { watchedDeathIn } from './watch-rank.ts';

/** A process of the job that has ended badly, as far as its launcher tells. */
export interface Death {
  readonly rank: number | null; // null: the launcher names its process alone
  readonly pid: number | null;
  readonly host: string | null;
  readonly how: string; // 'signal 9', 'exit code 5'
  /** Its own; null where a signal has ended it. Left out where the launcher's is its own. */
  readonly exitCode?: number | null;
}

/** A program that starts the ranks of a job. */
export interface Launcher {
  /** Whether this is what calls itself so, by `--version`. */
  isIt(version: string): boolean;
  /** Its own flags for ranks of several threads, beside those that the user gives. */
  flags(given: readonly string[], env: Io['env']): readonly string[];
  /** The line with which its own words begin among those of the ranks on stdout; null where it uses stderr alone. */
  readonly speaks: RegExp | null;
  /** Who has ended badly, by what was printed on stderr and at the end: the first, since others are ended then. */
  deathIn(text: string): Death | null;
  /** What to do where it has started nothing, as far as its words tell. */
  adviceIn(text: string): string | null;
}

export const launchers = {
  "Open MPI's mpirun": {
    isIt: (version) => version.includes('Open MPI'),
    // It would bind a rank to one core, where they are two.
    flags: (given) => (given.some((flag) => /^--?(bind-to|map-by|cpu-set)/.test(flag)) ? [] : ['--bind-to', 'none']),
    speaks: null,
    deathIn(text) {
      const killed = /process rank (\d+) with PID (\d+) on node (\S+) exited on\s+signal (\d+)/.exec(text);
      if (killed !== null) {
        const [, rank, pid, host, signal] = killed;
        return { rank: Number(rank), pid: Number(pid), host, how: `signal ${signal}` };
      }
      const ended = /Process name: \[\S*,(\d+)\]\s+Exit code:\s+(\d+)/.exec(text);
      return ended === null ? null : { rank: Number(ended[1]), pid: null, host: null, how: `exit code ${ended[2]}` };
    },
    adviceIn(text) {
      if (text.includes('not enough slots')) {
        return 'Open MPI starts one rank for each core, unless a host file says more: --launcher-flags=--oversubscribe lifts that';
      }
      return text.includes('attempt to run as root') ? '--launcher-flags=--allow-run-as-root lets root do it' : null;
    },
  },
  Hydra: {
    // The launcher of MPICH and its relatives.
    isIt: (version) => /HYDRA|Intel\(R\) MPI|MVAPICH/.test(version),
    flags: () => [],
    speaks: /^={70,}$/,
    deathIn(text) {
      // It ends the others itself, and may name one of them: the rank that has died says so first.
      const watched = watchedDeathIn(text);
      const named = hydraDeathIn(text);
      if (watched === null) return named;
      return { ...watched, how: watched.how ?? (named?.pid === watched.pid ? named.how : 'nothing says how') };
    },
    adviceIn: () => null,
  },
  srun: {
    isIt: (version) => version.startsWith('slurm'),
    flags: (given, env) => [
      '--kill-on-bad-exit=1',
      ...(given.some((flag) => flag.startsWith('--mpi')) ? [] : pmiOf(env)),
    ],
    speaks: null,
    deathIn(text) {
      const found = /srun: error: (\S+): tasks? (\d+)\S*: (.+)/.exec(text);
      if (found === null) return null;
      const [, host, rank, words] = found;
      const code = /^Exited with exit code (\d+)/.exec(words);
      const death = { rank: Number(rank), pid: null, host };
      if (code === null) return { ...death, how: words.toLowerCase(), exitCode: null };
      return { ...death, how: `exit code ${code[1]}`, exitCode: Number(code[1]) };
    },
    adviceIn: () => null,
  },
} satisfies Record<string, Launcher>;

function hydraDeathIn(text: string): Death | null {
  const found = /(?:RANK (\d+) )?PID (\d+) RUNNING AT (\S+)\s+=\s+(EXIT CODE|KILLED BY SIGNAL): (\d+)/.exec(text);
  if (found === null) return null;
  const [, rank, pid, host, what, number] = found;
  const how = what === 'EXIT CODE' ? hydraEnd(Number(number)) : signal(Number(number));
  return { rank: rank === undefined ? null : Number(rank), pid: Number(pid), host, how };
}

/** Of a process that a signal has ended, Hydra gives the signal's number alone. */
const hydraEnd = (code: number): string => (SIGNALS.has(code) ? signal(code) : `exit code ${code}`);

/** Where no rank has said that it has died, this may be one that Hydra has ended itself. */
const signal = (number: number): string =>
  number === 9 ? 'signal 9, by which Hydra ends the others too' : `signal ${number}`;

/** Those that end a process for what it did or that nobody can catch: no command of ours has such an exit code. */
const SIGNALS = new Set([4, 6, 7, 8, 9, 11]);

/** A launcher that is there. */
export interface FoundLauncher {
  readonly command: string;
  readonly name: string;
  readonly launcher: Launcher;
}

/**
 * The flag by which srun starts ranks of the MPI that they will find. None where Slurm has been told what is usual: by
 * a variable of the environment, or by its configuration.
 */
function pmiOf(env: Io['env']): readonly string[] {
  if (env.SLURM_MPI_TYPE !== undefined) return [];
  const { stdout } = spawnSync('scontrol', ['show', 'config'], { encoding: 'utf8', env });
  const usual = /^MpiDefault\s*=\s*(\S+)/m.exec(stdout ?? '')?.[1];
  if (usual !== 'none' && usual !== '(null)') return [];
  const { library } = findMpi({ environment: env });
  return library === null ? [] : [`--mpi=${library.family.slurm}`];
}
