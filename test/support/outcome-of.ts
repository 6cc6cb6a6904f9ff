import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

// The shell scripts of .bin/ set NODE_PATH, under which every package is found from everywhere.
const { NODE_PATH: _, ...env } = process.env;

/** Resolves to the outcome of a command. Leftover child processes do not delay it. */
export async function outcomeOf(command: string, ...args: readonly string[]) {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { timeout: 50_000, env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, signal, stdout, stderr } = error as Record<'code' | 'signal' | 'stdout' | 'stderr', unknown>;
    return { code: code ?? signal, stdout, stderr };
  }
}
