import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runCommandLine } from '../../packages/cli/src/main.ts';
import type { Output } from '../../packages/cli/src/terminal/io.ts';

export { endOf, startProgram } from './start-program.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandEnvironment {
  stdin?: string;
  terminal?: number; // columns of a terminal on all streams, default: pipes
  env?: Record<string, string>;
  onStderr?: (text: string) => void; // called whenever something is written there
}

/** Runs a command line in this process, with its streams in memory. */
export async function gradloom(args: readonly string[], environment: CommandEnvironment = {}): Promise<Outcome> {
  const { terminal, env = {} } = environment;
  const stdin = new PassThrough();
  stdin.end(environment.stdin ?? '');
  const shape = terminal === undefined ? {} : { isTTY: true, columns: terminal };
  const [stdout, stderr] = [capture(), capture()].map((stream) => Object.assign(stream, shape));
  const { onStderr } = environment;
  if (onStderr !== undefined) {
    const write = stderr.write.bind(stderr);
    stderr.write = ((chunk: string | Uint8Array, ...more: never[]) => {
      onStderr(String(chunk));
      return write(chunk, ...more);
    }) as typeof stderr.write;
  }
  const code = await runCommandLine(args, { stdin: Object.assign(stdin, shape), stdout, stderr, env });
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

/** Registers a function to call after a test, or after all tests of a file. */
export type AtEnd = (end: () => void) => void;

/** A directory that is removed after the test. */
export function temporaryDirectory(atEnd: AtEnd = onTestFinished): string {
  const path = mkdtempSync(join(tmpdir(), 'gradloom-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The objects of a text with one JSON value per line. @throws if a line is not JSON. */
export const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Warnings of a resume about lines of a killed process, which are written again. */
export const saysDropped = /^(gradloom train: warning: deleted, because the run continues from step \d+: [^;\n]+\n)?$/;

/** A stream that takes everything at once: it is read when the command has ended. */
const capture = (): Output & PassThrough => new PassThrough({ highWaterMark: 2 ** 30 });

const textOf = (stream: PassThrough): string => String(stream.read() ?? '');
