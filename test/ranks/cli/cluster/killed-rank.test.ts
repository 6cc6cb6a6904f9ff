import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../../support/command-line.ts';
import { counted } from '../../../support/count.ts';
import type { PlannedFault } from '../../../support/fault.ts';
import { type MpirunName, mpirunNames, mpiruns, startRanks } from '../../../support/mpirun.ts';
import { needs } from '../../../support/needs.ts';
import { programUrl } from '../../../support/program-file.ts';
import { isAlive } from '../../../support/rank-processes.ts';
import { trainCommand } from '../../../support/train-on-ranks.ts';

const endless = '--dataset spirals --threads 1 --steps 1000000000 --checkpoint-every 5 --quiet'.split(' ');
const train = ['train', '--dataset', 'spirals', '--threads', '2', '--steps', '30', '--json', '--quiet'];

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

/** A training under mpirun that has written a checkpoint. */
async function startEndless(name: MpirunName, out: string) {
  const words = trainCommand([...endless, '--cluster', 'mpi', '--validation', '0', '--out', out]);
  const ended = endOf(startRanks(name, 3, words, '.'));
  const last = join(out, 'last.gradloom');
  await expect.poll(() => existsSync(last), { timeout: 50_000, interval: 5 }).toBe(true);
  return { ended, last, pids: [0, 1, 2].map((rank) => processOf(rank, out) ?? -1) };
}

describe.each(mpirunNames)('under %s', (name) => {
  const { command, flags, env } = mpiruns[name];
  const launch = ['--launcher', command, ...(flags.length === 0 ? [] : [`--launcher-flags=${flags.join(' ')}`])];

  test('a signal to cluster run ends all ranks, and then itself', needs(name, 'koffi', 'peaks'), async () => {
    const out = join(temporaryDirectory(), 'run');
    const words = ['train', ...endless, '--out', out];
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
    needs(name, 'koffi'),
    async (rank) => {
      const alone = await gradloom([...train, '--no-out']);
      const [out, marks] = [join(temporaryDirectory(), 'run'), temporaryDirectory()];
      // A step has five barriers.
      const fault: PlannedFault = { kind: 'kill', rank, arrivals: 75, times: 1, marks };
      const faultEnvironment = {
        NODE_OPTIONS: `--import ${programUrl('fault')}`,
        GRADLOOM_TEST_FAULT: JSON.stringify(fault),
      };
      const args = ['cluster', 'run', '-n', '3', ...launch, '--', ...train, '--out', out, '--checkpoint-every', '5'];
      const { code, stdout, stderr } = await endOf(startProgram(args, '.', { env: { ...env, ...faultEnvironment } }));
      expect(stderr).toContain(`gradloom cluster: rank ${rank} of 3 has died: signal 9; the last checkpoint is ${out}`);
      expect(stderr).toContain('gradloom cluster: starting again on 2 ranks (restart 1 of 3)');
      expect(code).toBe(0);
      expect(jsonLines(stdout).at(-1)?.fingerprint).toBe(jsonLines(alone.stdout).at(-1)?.fingerprint);
    },
  );

  const here = { ...needs(name, 'koffi', 'peaks'), timeout: counted(60_000, 600_000) };
  test('a rank that was killed under mpirun is named with the last checkpoint, and all end', here, async () => {
    const isNamed = async (rank: number): Promise<void> => {
      const out = join(temporaryDirectory(), 'run');
      const { ended, last, pids } = await startEndless(name, out);
      process.kill(pids[rank], 'SIGKILL');
      const { code, stderr } = await ended;
      expect(code).not.toBe(0);
      expect(namedIn(stderr)).toEqual([{ rank: `${rank}`, last }]);
      await expect.poll(() => processesThatName(out), { timeout: 10_000 }).toEqual([]);
    };
    // The test below kills another rank of MPICH.
    const ranks = Array.from({ length: counted(1, 12) }, (_, k) => k % 3);
    while (ranks.length > 0) await Promise.all(ranks.splice(0, 2).map(isNamed));
  });
});

test(
  'a rank that is killed is named under mpirun of MPICH, not one that aborts at the same time, as others may then',
  needs('MPICH', 'koffi', 'peaks'),
  async () => {
    const { ended, last, pids } = await startEndless('MPICH', join(temporaryDirectory(), 'run'));
    process.kill(pids[1], 'SIGABRT');
    process.kill(pids[2], 'SIGKILL');
    expect(namedIn((await ended).stderr)).toEqual([{ rank: '2', last }]);
  },
);
