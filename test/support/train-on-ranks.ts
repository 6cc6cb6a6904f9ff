import { expect } from 'vitest';
import { jsonLines, temporaryDirectory } from './command-line.ts';
import { type MpirunName, type RankOptions, startRanks } from './mpirun.ts';
import { programFile } from './program-file.ts';
import { endOf } from './start-program.ts';

/** The arguments of a command that trains, as a separate process. */
export const trainCommand = (args: readonly string[], nodeFlags: readonly string[] = []): string[] => [
  ...[process.execPath, ...nodeFlags, programFile('program'), 'train'],
  ...args,
];

/** Trains on ranks to the end. Returns the last line of `--json`. */
export async function trainOnRanks(
  name: MpirunName,
  [ranks, threads]: readonly [ranks: number, threads: number],
  args: readonly string[],
  options: RankOptions = {},
): Promise<Record<string, unknown>> {
  const clusterFlags = ['--cluster', 'mpi', '--threads', String(threads), '--json'];
  const child = startRanks(name, ranks, trainCommand([...args, ...clusterFlags]), temporaryDirectory(), options);
  const { code, stdout, stderr } = await endOf(child);
  // Removed because small batches have few leaves, and there are few cores.
  const said = stderr.replaceAll(/^gradloom train: warning: --threads has .*\n/gm, '');
  expect({ code, stderr: said }).toEqual({ code: 0, stderr: '' });
  return jsonLines(stdout).at(-1) as Record<string, unknown>;
}
