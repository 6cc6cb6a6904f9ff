import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { gradloom } from '../../../support/command-line.ts';
import { startRanks } from '../../../support/mpirun.ts';
import { needs } from '../../../support/needs.ts';
import { programFile } from '../../../support/program-file.ts';
import { endOf } from '../../../support/start-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradloom-cluster-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shape = [
  ...['train', '--dataset', 'moons:rows=100', '--hidden', '16', '--epochs', '2', '--threads', '1', '--batch', '32'],
];

/** The program on ranks of MPICH, whose mpirun adds nothing to what they print. */
const onRanks = (ranks: number, args: readonly string[]) =>
  endOf(startRanks('MPICH', ranks, [process.execPath, programFile('program'), ...args, '--cluster', 'mpi'], folder));

const events = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('train --cluster mpi', () => {
  const here = { timeout: 120_000, ...needs('MPICH', 'koffi') };

  test('prints one stream and writes one run, with the fingerprint of one process', here, async () => {
    const alone = await gradloom([...shape, '--no-out', '--json']);
    const outcome = await onRanks(3, [...shape, '--out', 'run', '--json']);
    expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: '' });
    const [one, many] = [events(alone.stdout), events(outcome.stdout)];
    const kinds = (lines: typeof one) => lines.map(({ event }) => event).filter((kind) => kind !== 'checkpoint');
    expect(kinds(many)).toEqual(kinds(one));
    expect(many.at(-1)).toMatchObject({ fingerprint: one.at(-1)?.fingerprint, testLoss: one.at(-1)?.testLoss });
    expect(many[0]).toMatchObject({ cluster: { threads: [1, 1, 1] } });
    expect(readdirSync(folder)).toEqual(['run']);
    // It goes on without ranks: nothing is left to do.
    const again = await gradloom(['train', '--resume', join(folder, 'run'), '--json', '--quiet']);
    expect(events(again.stdout).at(-1)).toMatchObject({ fingerprint: one.at(-1)?.fingerprint });
    expect(JSON.parse(readFileSync(join(folder, 'run/config.json'), 'utf8')).options).not.toHaveProperty('cluster');
  });

  test('for some minutes takes as many steps on each rank, which one process repeats to the bit', here, async () => {
    // Early stopping ends the run long before its time.
    const rows = ['train', '--dataset', 'moons:rows=60', '--batch', '5', '--validation', '0.3', '--patience', '1'];
    const timed = [...rows, '--minutes', '0.5', '--threads', '1', '--out', 'timed', '--json'];
    const { code, stdout, stderr } = await onRanks(2, timed);
    const notice = 'gradloom train: measuring the time of a step, to train for 0.5 minutes\n'; // of one rank alone
    expect({ code, stderr }).toEqual({ code: 0, stderr: notice });
    const { options } = JSON.parse(readFileSync(join(folder, 'timed/config.json'), 'utf8'));
    expect(options.steps).toBeGreaterThan(10);
    const alone = await gradloom(['train', '--config', join(folder, 'timed/config.json'), '--no-out', '--json']);
    const { fingerprint, steps } = events(stdout).at(-1) ?? {};
    expect(events(alone.stdout).at(-1)).toMatchObject({ fingerprint, steps });
  });

  test('prints each line once in words, too', here, async () => {
    const { code, stdout } = await onRanks(2, [...shape, '--no-out']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    for (const begins of ['moons: 80 training', 'Trained 2 epochs', 'fingerprint']) {
      expect(lines.filter((line) => line.startsWith(begins))).toHaveLength(1);
    }
  });

  test.each([['--resume nowhere does not exist', ['--resume', 'nowhere'], 1]] as const)(
    'says once that %s',
    here,
    async (sentence, args, code) => {
      const command = args[0] === '--resume' ? ['train'] : shape;
      const end = await onRanks(3, [...command, ...args, '--no-out']);
      expect(end.stderr.split('\n').filter((line) => line.includes('gradloom train:'))).toEqual([
        expect.stringContaining(`gradloom train: ${sentence}`),
      ]);
      expect({ code: end.code, stdout: end.stdout.includes('loss') }).toEqual({ code, stdout: false });
      expect(existsSync(join(folder, 'runs'))).toBe(false);
    },
  );

  test('is what the options of exchanges need', async () => {
    const ends = await Promise.all(
      [['--exchange-timeout', '5'], ['--no-overlap']].map((args) => gradloom([...shape, ...args, '--no-out'])),
    );
    const sentence = (flag: string) => `gradloom train: --${flag} is given without --cluster, expected both\n`;
    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual([
      [2, sentence('exchange-timeout')],
      [2, sentence('no-overlap')],
    ]);
  });
});
