import { describe, expect, test } from 'vitest';
import { endOf, temporaryDirectory } from '../../../support/command-line.ts';
import { counted, onlyInAll } from '../../../support/count.ts';
import { type MpirunName, runRanks, startRanks } from '../../../support/mpirun.ts';
import { needs } from '../../../support/needs.ts';
import { programFile } from '../../../support/program-file.ts';

const isAll = counted(0, 1) === 1;

// On a machine without a network Open MPI looks for one in vain, and says so.
const ways: { title: string; name: MpirunName; flags: string[]; late: number[] }[] = [
  { title: 'Open MPI on shared memory', name: 'Open MPI', flags: ['--mca', 'btl', 'self,sm'], late: [0, 1] },
  {
    title: 'Open MPI over TCP',
    name: 'Open MPI',
    flags: ['--mca', 'btl', 'self,tcp', '--mca', 'btl_tcp_if_include', 'lo'],
    late: isAll ? [0, 1] : [],
  },
  { title: 'MPICH', name: 'MPICH', flags: [], late: isAll ? [0, 1] : [1] },
];

/** Errors that rank 0 reports when the last of 3 ranks is missing, by how it waits, and the ranks that they name. */
const lateWords = [
  ['cluster: rank 2 of 3 did not deliver numbers of a step within 2 s', [2]], // to threads
  ['cluster: rank 2 of 3 did not take part within 2 s', [2]], // to the main thread
] as const;

describe.each(ways)('ranks under $title', ({ name, flags, late }) => {
  const patient = { ...needs(name, 'koffi'), timeout: counted(60_000, 1_200_000) };

  test.each([3, ...onlyInAll(1, 2, 5, 8)])('%i hear each other, in order and to the bit', patient, async (ranks) => {
    const scenarios = [
      ...['values:0', 'letters:0', 'move:5', 'exchange:30', `broken:${counted(2, 200)}`],
      `ahead:${counted(20, 500)}`,
      ...(isAll || name === 'MPICH' ? ['network:0'] : []),
    ];
    const { code, stderr, results } = await runRanks(name, ranks, scenarios, { flags });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const numbers = Array.from({ length: ranks }, (_, rank) => rank);
    for (const result of results) {
      expect(result).toMatchObject({
        values: {
          first: [0, true, true, 0, 0.1], // NaN, -0 and an array of doubles among them
          all: numbers.map((rank) => [rank, `from ${rank}`, true]),
          large: numbers.map((rank) => 300_000 * (rank + 1)),
          together: [numbers, 7],
          hosts: ranks,
        },
        letters: [12 * (ranks - 1), 12 * (ranks - 1)],
        // Numbers that were not where they belong.
        move: 0,
        exchange: 0,
        broken: { wrong: 0, failed: true },
        ahead: [],
        ...(scenarios.includes('network:0') ? { network: ranks === 1 ? null : { ranks } } : {}),
      });
    }
  });

  // Each waits, for the time limit or for the launcher.
  test('a rank that leaves, does not come or is killed ends the others, who learn its name', patient, async () => {
    const leaves = async (): Promise<void> => {
      const { stderr, results } = await runRanks(name, 3, ['leaver:0'], { flags });
      const leaver = 'ClusterError: cluster: rank 1 of 3 has left';
      expect({ stderr, results }).toEqual({ stderr: '', results: [{ leaver }, { leaver: 'left' }, { leaver }] });
    };
    const isLate = async (way: number): Promise<void> => {
      const env = { GRADLOOM_TEST_LIMIT: '2000' };
      const { code, results } = await runRanks(name, 3, [`late:${way}`], { flags, env });
      const [sentence, awaited] = lateWords[way];
      const error = `ClusterError: ${sentence}`;
      expect({ code, said: results[0] }).toEqual({ code: 7, said: [way === 1 ? error : sentence, awaited, error] });
    };
    const isKilled = async (): Promise<void> => {
      const { code, results } = await runRanks(name, 3, ['killed:0'], { flags });
      expect(code).not.toBe(0);
      for (const pid of results) await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
    };
    await Promise.all([leaves(), ...late.map(isLate), isKilled()]);
  });
});

test('more ranks than there are cores go on', { ...needs('MPICH', 'koffi'), timeout: 600_000 }, async () => {
  const ranks = counted(6, 64);
  const { stderr, results } = await runRanks('MPICH', ranks, ['exchange:3']);
  expect(stderr).toBe('');
  expect(results).toEqual(Array.from({ length: ranks }, () => ({ exchange: 0 })));
});

test('a library of another MPI than the mpirun is refused', needs('Open MPI', 'MPICH', 'koffi'), async () => {
  const { code, stderr } = await runRanks('MPICH', 2, ['values:0'], { env: { GRADLOOM_MPI: 'libmpi.so.40' } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/sees 1 rank, expected the 2 started \(set GRADLOOM_MPI to the library of the mpirun/);
});

test('a rank is refused under MPICH where a Node before it closed its socket', needs('MPICH', 'koffi'), async () => {
  const between = `const { spawnSync } = require('node:child_process');
    process.exitCode = spawnSync(process.execPath, process.argv.slice(1), { stdio: 'inherit' }).status;`;
  const command = [process.execPath, '-e', between, programFile('cluster-program'), 'values:0', temporaryDirectory()];
  const { code, stderr } = await endOf(startRanks('MPICH', 2, command, '.'));
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/PMI_FD has \d+, expected a socket to the mpirun of MPICH \(npx closes it: let mpirun start/);
});

function isAlive(pid: unknown): boolean {
  if (typeof pid !== 'number') throw new Error(`pid has ${pid}, expected a number`);
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
