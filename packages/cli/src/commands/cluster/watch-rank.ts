import { type StdioOptions, spawn } from 'node:child_process';
import { hostname } from 'node:os';
import type { Io } from '../../terminal/io.ts';
import { printable } from '../../terminal/printable.ts';
import { hydraRank } from './hydra.ts';

/**
 * Under Hydra, says on stderr that this rank has died, if it does, and how, before Hydra knows: Hydra then ends all
 * other ranks at once, and names any of them. Other launchers name the first themselves. Returns what ends the watch,
 * when the rank ends as it should.
 *
 * A shell does it, whose stdin ends when this process does. It holds all that Hydra watches, the socket and the
 * outputs, so Hydra learns of the death when the shell has spoken. It is in the process group of its rank, so where
 * Hydra ends a rank, the shell is ended with it and says nothing.
 */
export function watchRank(
  last: string | null, // file of the last checkpoint, as far as it is known
  env: Io['env'],
): () => void {
  const own = hydraRank(env);
  if (own === null) return () => {};
  const who = `gradloom: rank ${own.rank} of ${own.ranks} (process ${process.pid} on ${hostname()})`;
  const words = [String(process.pid), who, last ?? '', printable(last ?? '')];
  const stdio: StdioOptions = ['pipe', 'inherit', 'inherit', own.socket ?? 'ignore'];
  const shell = spawn('/bin/sh', ['-c', watch, 'sh', ...words], { stdio });
  shell.on('error', () => {}); // no shell: Hydra's words are what there is
  // Neither keeps this process from ending.
  shell.unref();
  if (shell.stdin !== null && 'unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return () => void shell.kill('SIGKILL');
}

/** What a rank has said of its death. */
export interface WatchedDeath {
  readonly rank: number;
  readonly pid: number;
  readonly host: string;
  readonly how: string | null; // null: its process was gone already
}

/** The first death that a watch has told of in this text. */
export function watchedDeathIn(text: string): WatchedDeath | null {
  const found = /^gradloom: rank (\d+) of \d+ \(process (\d+) on (\S+)\) has died(?:: ([^;\n]+))?/m.exec(text);
  if (found === null) return null;
  const [, rank, pid, host, how = null] = found;
  return { rank: Number(rank), pid: Number(pid), host, how };
}

/**
 * Of $1 its process, $2 who it is, $3 and $4 the last checkpoint, as a path and as text. Signals that ask a rank to end
 * reach the shell too. A dead process keeps its state until Hydra collects it: how it ended is the 50th word behind its
 * name, as wait(2) has it. Whoever has sent one of the signals 1, 2 and 15 knows.
 *
 * MPICH may abort in a rank that reads the memory of one that has died, before all files of that one are closed. So
 * signal 9, which no rank gets because another has died, is told at once; what a rank may do to itself a second later,
 * and an abort after two. Hydra collects a process when it has ended all: one that is gone by then is not the first.
 */
const watch = `
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
