import { type StdioOptions, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSocket } from '@gradloom/runtime/internal';
import type { Io } from '../../terminal/io.ts';
import { printable } from '../../terminal/printable.ts';

/**
 * Under Hydra, announces the death of this rank on stderr, and its cause, before Hydra notices: Hydra then ends all
 * other ranks at once, and may name any of them. Other launchers name the first one themselves. Returns a function that
 * ends the watch, for when the rank ends normally.
 *
 * A shell announces it, whose stdin closes when this process ends. The shell holds everything that Hydra watches, the
 * socket and the outputs, so Hydra learns of the death only after the shell has written. It is in the process group of
 * its rank: if Hydra ends the rank, the shell ends with it and says nothing.
 */
export function watchRank(
  last: string | null, // file of the last checkpoint, if known
  env: Io['env'],
): () => void {
  const hydra = hydraRank(env);
  if (hydra === null) return () => {};
  const who = `gradloom: rank ${hydra.rank} of ${hydra.ranks} (process ${process.pid} on ${hostname()})`;
  const words = [String(process.pid), who, last ?? '', printable(last ?? '')];
  const stdio: StdioOptions = ['pipe', 'inherit', 'inherit', hydra.socket ?? 'ignore'];
  const shell = spawn('/bin/sh', ['-c', WATCH_SCRIPT, 'sh', ...words], { stdio });
  shell.on('error', () => {}); // without a shell only Hydra's messages remain
  // Neither the shell nor its stdin keeps this process alive.
  shell.unref();
  if (shell.stdin !== null && 'unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return () => void shell.kill('SIGKILL');
}

/** A death that a rank has announced. */
export interface WatchedDeath {
  readonly rank: number;
  readonly pid: number;
  readonly host: string;
  readonly how: string | null; // null: its process was gone already
}

/** The first death announced in this text. */
export function watchedDeathIn(text: string): WatchedDeath | null {
  const match = /^gradloom: rank (\d+) of \d+ \(process (\d+) on (\S+)\) has died(?:: ([^;\n]+))?/m.exec(text);
  if (match === null) return null;
  const [, rank, pid, host, how = null] = match;
  return { rank: Number(rank), pid: Number(pid), host, how };
}

/**
 * Arguments: $1 process id, $2 name of the rank, $3 and $4 the last checkpoint, as a path and as text.
 *
 * Signals that ask a rank to end reach the shell too, so it ignores them. A dead process keeps its state until Hydra
 * collects it: its exit status is the 50th word after its name in /proc/pid/stat, coded as in wait(2). The sender of
 * signals 1, 2 and 15 needs no message.
 *
 * MPICH may abort in a rank that reads the memory of a dead one, before all files of the dead one are closed. Signal 9
 * never follows from the death of another rank, so it is announced at once; errors of the rank itself, after a second;
 * an abort, after two. Hydra collects the dead when it has ended all: a process gone after that wait was not the first.
 */
const WATCH_SCRIPT = `
trap '' HUP INT TERM USR1
read -r _
how= kept= tries=0
while [ $tries -lt 300 ] && { read -r state < /proc/$1/stat; } 2> /dev/null; do
  case \${state##*) } in
    [ZX]*)
      set -- "$1" "$2" "$3" "$4" \${state##*) }
      case \${54} in
        0) ;;
        1 | 2 | 15) exit ;;
        *)
          code=\${54}
          how=": signal $((code & 127))"
          if [ $((code & 127)) -eq 0 ]; then how=": exit code $((code >> 8))"; fi ;;
      esac
      break ;;
  esac
  tries=$((tries + 1))
  sleep 0.01
done
case $how in
  '' | ': signal 9') ;;
  ': signal 6') sleep 2; [ -e /proc/$1 ] || exit ;;
  *) sleep 1; [ -e /proc/$1 ] || exit ;;
esac
if [ -e "$3" ]; then kept="; the last checkpoint is $4"; fi
printf '%s\\n' "$2 has died$how$kept" >&2
`;

/** Time for Hydra to read a rank's last words: it drops what it has not read when it ends all ranks. */
const READ_MS = 500;

/** The rank that this process is under Hydra, the launcher of MPICH. */
interface HydraRank {
  readonly rank: string;
  readonly ranks: string;
  readonly socket: number | null; // tells Hydra that the process has ended; null: -pmi-port was given
}

/** Null if this process is not a rank of Hydra, such as a process that a rank has started. */
export function hydraRank({ PMI_RANK, PMI_SIZE, PMI_FD, MPI_LOCALRANKID }: Io['env']): HydraRank | null {
  if ([PMI_RANK, PMI_SIZE, MPI_LOCALRANKID].includes(undefined)) return null;
  const socket = PMI_FD === undefined ? null : Number(PMI_FD);
  if (socket !== null && !isSocket(socket)) return null;
  return { rank: `${PMI_RANK}`, ranks: `${PMI_SIZE}`, socket };
}

/** Waits until Hydra has read the output of this rank; returns at once outside of Hydra. */
export async function readByHydra(env: Io['env']): Promise<void> {
  if (hydraRank(env) !== null) await sleep(READ_MS);
}

/**
 * If this is a rank of Hydra, has Hydra end all ranks with this exit code. Other launchers end all ranks when one ends.
 * Hydra ignores a rank that ends before MPI has begun, and the others would wait for it forever.
 */
export async function endUnderHydra(env: Io['env'], exitCode: number): Promise<void> {
  const socket = hydraRank(env)?.socket ?? null;
  if (socket === null) return;
  await readByHydra(env);
  try {
    writeSync(socket, `cmd=abort exitcode=${exitCode}\n`);
  } catch {
    // Hydra has gone.
  }
}
