import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Io, printLine } from '../../terminal/io.ts';
import type { FoundLauncher } from './launchers.ts';

export interface Job {
  readonly child: ChildProcess;
  /** The launcher's exit code, null if a signal ended it, and the end of its output. */
  readonly ended: Promise<JobEnd>;
}

export interface JobEnd {
  readonly code: number | null;
  readonly tail: string;
}

const TAIL_CHARACTERS = 20_000;

/** Starts this program on ranks through a launcher. Ranks write to our stdout and stderr, the launcher to stderr. */
export function startJob(
  { command, launcher }: Pick<FoundLauncher, 'command' | 'launcher'>,
  flags: readonly string[],
  words: readonly string[],
  { env, stdout, stderr }: Io,
): Job {
  const program = [process.execPath, ...process.execArgv, process.argv[1], ...words];
  // The launcher gets a process group of its own: Ctrl-C in a terminal reaches this process alone, which forwards it.
  const child = spawn(command, [...flags, ...program], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let tail = '';
  const printLauncherLine = (text: string): void => {
    // Open MPI ends some of its messages with the NUL of C.
    const line = text.replaceAll('\0', '');
    if (line === '' && text !== '') return;
    printLine(stderr, line);
    tail = `${tail}${line}\n`.slice(-TAIL_CHARACTERS);
  };
  createInterface({ input: child.stderr }).on('line', printLauncherLine);
  let isLauncherText = false; // from the launcher's first line on
  let emptyLines = 0; // printed before the next line, which tells whose they are
  const printOutputLine = (line: string): void => {
    if (isLauncherText) printLauncherLine(line);
    else printLine(stdout, line);
  };
  const printEmptyLines = (): void => {
    for (; emptyLines > 0; emptyLines--) printOutputLine('');
  };
  createInterface({ input: child.stdout })
    .on('line', (line) => {
      isLauncherText ||= launcher.messageStart?.test(line) ?? false;
      if (line === '') emptyLines++;
      else {
        printEmptyLines();
        printOutputLine(line);
      }
    })
    .on('close', printEmptyLines);
  const jobEnd = once(child, 'close').then(([code]): JobEnd => ({ code, tail }));
  return { child, ended: jobEnd };
}
