import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { programFile, programUrl } from './program-file.ts';

/** The program in a process of its own. */
export function startProgram(
  args: readonly string[],
  cwd: string,
  { preload, nodeFlags = [], fileBlocks, cores, env = {} }: ProcessOptions = {},
): Program {
  const flags = preload === undefined ? [] : ['--import', programUrl(preload)];
  const bound = cores === undefined ? [] : ['taskset', '--cpu-list', cores];
  const words = [...bound, process.execPath, ...nodeFlags, ...flags, programFile('program'), ...args];
  // A shell that sets the limit gives way to the program, which keeps its process id.
  const [command, ...rest] =
    fileBlocks === undefined ? words : ['bash', '-c', `ulimit -f ${fileBlocks} && exec "$@"`, 'bash', ...words];
  return spawn(command, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Any other command. */
export function startCommand(words: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Program {
  const [command, ...rest] = words;
  return spawn(command, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

export type Program = ChildProcessByStdio<null, Readable, Readable>;

export interface ProcessOptions {
  preload?: string; // one of compile-programs.ts, loaded into the process first
  nodeFlags?: readonly string[]; // of Node's own
  fileBlocks?: number; // KiB that a file may have, as on a disk that is full beyond
  cores?: string; // that the process may use, such as 0 or 0,1; by the tool taskset, of Linux
  env?: Record<string, string>;
}

/** How a process ended: exit code and signal, one of them null, and what it printed. */
export async function endOf(
  child: Program,
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map(async (stream) => (await stream.setEncoding('utf8').toArray()).join('')),
  );
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}
