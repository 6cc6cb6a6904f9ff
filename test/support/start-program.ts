import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { programFile, programUrl } from './program-file.ts';

/** Starts the program in a separate process. */
export function startProgram(
  args: readonly string[],
  cwd: string,
  { preload, nodeFlags = [], fileBlocks, cores, env = {} }: ProcessOptions = {},
): Program {
  const flags = preload === undefined ? [] : ['--import', programUrl(preload)];
  const bound = cores === undefined ? [] : ['taskset', '--cpu-list', cores];
  const words = [...bound, process.execPath, ...nodeFlags, ...flags, programFile('program'), ...args];
  // A shell sets the limit and then executes the program, which keeps its process id.
  const [command, ...rest] =
    fileBlocks === undefined ? words : ['bash', '-c', `ulimit -f ${fileBlocks} && exec "$@"`, 'bash', ...words];
  return spawn(command, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Starts any other command. */
export function startCommand(words: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Program {
  const [command, ...rest] = words;
  return spawn(command, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

export type Program = ChildProcessByStdio<null, Readable, Readable>;

export interface ProcessOptions {
  preload?: string; // a program of compile-programs.ts, loaded into the process first
  nodeFlags?: readonly string[]; // flags of Node itself
  fileBlocks?: number; // most KiB of a file, as on a full disk
  cores?: string; // cores that the process may use, such as 0 or 0,1; set by the Linux tool taskset
  env?: Record<string, string>;
}

/** Outcome of a process: exit code and signal, one of them null, and its output. */
export async function endOf(
  child: Program,
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map(async (stream) => (await stream.setEncoding('utf8').toArray()).join('')),
  );
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}
