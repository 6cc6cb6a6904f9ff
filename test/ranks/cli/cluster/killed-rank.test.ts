import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../../support/command-line.ts';
import { counted } from '../../../support/count.ts';
import { mpirunNames, mpiruns, startRanks } from '../../../support/mpirun.ts';
import { needs } from '../../../support/needs.ts';
import { trainCommand } from '../../../support/train-on-ranks.ts';

const endless = ['--dataset', 'spirals', '--threads', '1', '--steps', '1000000000', '--checkpoint-every', '50'];
const train = ['train', '--dataset', 'spirals', '--threads', '1', '--steps', '3000', '--json', '--quiet'];

/** The process of a rank that trains in this directory. */
function processOf(rank: number, out: string): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      try {
        const [words, variables] = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
        const isRank = new RegExp(`\\0(OMPI_COMM_WORLD_RANK|PMI_RANK)=${rank}\\0`).test(`\0${variables}`);
        return isRank && words.split('\0').includes(out);
      } catch {
        return false; // it has ended, or is no process
      }
    });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Command lines, of any process, with this path in them: a launcher, a rank, the watch of a rank. */
function processesThatName(path: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const line = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'latin1') : '';
      return line.includes(path) ? [line.replaceAll('\0', ' ')] : [];
    } catch {
      return []; // it has ended
    }
  });
}

/**
 * The ranks of 3 that are said to have died, with the last checkpoint: by rank 0, by another where it is rank 0 itself,
 * or by the watch of the rank.
 */
function namedIn(stderr: string): unknown[] {
  const words =
    /rank (?<rank>\d) of 3 (?:.*\bdied after step \d+|\(process \d+ on \S+\) has died: signal \d+|(?<=rank 0 of 3 )\(\S+\) has died); .*?(?<last>\S+)$/gm;
  return [...stderr.matchAll(words)].map(({ groups }) => ({ ...groups }));
}

describe.each(mpirunNames)('under %s', (name) => {
  const { command, flags, env } = mpiruns[name];
  const launch = ['--launcher', command, ...(flags.length === 0 ? [] : [`--launcher-flags=${flags.join(' ')}`])];

  test('a signal to cluster run ends all ranks, and then itself', needs(name, 'koffi', 'peaks'), async () => {
    const out = join(temporaryDirectory(), 'run');
    const words = ['train', ...endless, '--quiet', '--out', out];
    const child = startProgram(['cluster', 'run', '-n', '2', ...launch, '--', ...words], '.', { env });
    const ended = endOf(child);
    await expect.poll(() => existsSync(join(out, 'last.gradloom')), { timeout: 50_000, interval: 5 }).toBe(true);
    const pids = [0, 1].map((rank) => processOf(rank, out) ?? -1);
    expect(pids.map(isAlive)).toEqual([true, true]);
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(143);
    expect(stderr).toContain(
      `gradloom cluster: ended by SIGTERM; the last checkpoint is ${join(out, 'last.gradloom')}`,
    );
    for (const pid of pids) await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test.each(Array.from({ length: counted(1, 12) }, (_, k) => k % 3))(
    'a training ends in the bits of one process, though rank %i is killed',
    needs(name, 'koffi', 'peaks'),
    async (rank) => {
      const alone = await gradloom([...train, '--no-out']);
      const out = join(temporaryDirectory(), 'run');
      const args = ['cluster', 'run', '-n', '3', ...launch, '--', ...train, '--out', out, '--checkpoint-every', '50'];
      const child = startProgram(args, '.', { env });
      const ended = endOf(child);
      await expect.poll(() => existsSync(join(out, 'last.gradloom')), { timeout: 50_000, interval: 5 }).toBe(true);
      const pid = processOf(rank, out);
      if (pid === undefined) throw new Error(`rank ${rank} has no process, expected one`);
      process.kill(pid, 'SIGKILL');
      const { code, stdout, stderr } = await ended;
      expect(stderr).toContain(`gradloom cluster: rank ${rank} of 3 has died: signal 9; the last checkpoint is ${out}`);
      expect(stderr).toContain('gradloom cluster: starting again on 2 ranks (restart 1 of 3)');
      expect(code).toBe(0);
      expect(jsonLines(stdout).at(-1)?.fingerprint).toBe(jsonLines(alone.stdout).at(-1)?.fingerprint);
    },
  );

  test.each(Array.from({ length: counted(2, 12) }, (_, k) => k % 3))(
    'a rank that was killed under mpirun is named with the last checkpoint, and all end: rank %i',
    needs(name, 'koffi', 'peaks'),
    async (rank) => {
      const out = join(temporaryDirectory(), 'run');
      const words = trainCommand([...endless, '--cluster', 'mpi', '--validation', '0', '--quiet', '--out', out]);
      const ended = endOf(startRanks(name, 3, words, '.'));
      const last = join(out, 'last.gradloom');
      await expect.poll(() => existsSync(last), { timeout: 50_000, interval: 5 }).toBe(true);
      const pids = [0, 1, 2].map((each) => processOf(each, out) ?? -1);
      process.kill(pids[rank], 'SIGKILL');
      const { code, stderr } = await ended;
      expect(code).not.toBe(0);
      expect(namedIn(stderr)).toEqual([{ rank: `${rank}`, last }]);
      await expect.poll(() => processesThatName(out), { timeout: 10_000 }).toEqual([]);
    },
  );
});

test(
  'a rank that is killed is named under mpirun of MPICH, not one that aborts at the same time, as others may then',
  needs('MPICH', 'koffi', 'peaks'),
  async () => {
    const out = join(temporaryDirectory(), 'run');
    const words = trainCommand([...endless, '--cluster', 'mpi', '--validation', '0', '--quiet', '--out', out]);
    const ended = endOf(startRanks('MPICH', 3, words, '.'));
    const last = join(out, 'last.gradloom');
    await expect.poll(() => existsSync(last), { timeout: 50_000, interval: 5 }).toBe(true);
    const [, first, second] = [0, 1, 2].map((rank) => processOf(rank, out) ?? -1);
    process.kill(first, 'SIGABRT');
    process.kill(second, 'SIGKILL');
    expect(namedIn((await ended).stderr)).toEqual([{ rank: '2', last }]);
  },
);
