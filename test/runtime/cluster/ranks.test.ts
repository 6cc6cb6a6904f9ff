import { describe, expect, test } from 'vitest';
import { counted } from '../../support/count.ts';
import { mpirunNames, runRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';

const RANKS = [1, 2, 3, 5];

describe.each(mpirunNames)('ranks under %s', (name) => {
  test.each(RANKS)('%i hear the same values, NaN, -0 and arrays among them', needs(name, 'koffi'), async (ranks) => {
    const { code, stderr, results } = await runRanks(name, ranks, 'values', 0);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const numbers = Array.from({ length: ranks }, (_, rank) => rank);
    for (const result of results) {
      expect(result).toMatchObject({
        first: [0, true, true, 0, 0.1],
        all: numbers.map((rank) => [rank, `from ${rank}`, true]),
        large: numbers.map((rank) => 300_000 * (rank + 1)),
        together: [numbers, 7],
        hosts: ranks,
      });
    }
  });

  test.each(RANKS)('%i move numbers between all, each where it belongs', needs(name, 'koffi'), async (ranks) => {
    const { stderr, results } = await runRanks(name, ranks, 'move', 5);
    expect(stderr).toBe('');
    expect(results).toEqual(Array.from({ length: ranks }, () => 0));
  });

  test.each(RANKS)('%i exchange numbers again and again, in threads', needs(name, 'koffi'), async (ranks) => {
    const { stderr, results } = await runRanks(name, ranks, 'exchange', 30);
    expect(stderr).toBe('');
    expect(results).toEqual(Array.from({ length: ranks }, () => 0));
  });

  test.each(RANKS)("%i have MPI's own sum", needs(name, 'koffi'), async (ranks) => {
    const { results } = await runRanks(name, ranks, 'sum', 1001);
    expect(results).toEqual(Array.from({ length: ranks }, () => true));
  });

  test.each([2, 3, 5])('nothing is left of what a failure breaks off: %i', needs(name, 'koffi'), async (ranks) => {
    const { stderr, results } = await runRanks(name, ranks, 'broken', counted(6, 200));
    expect(stderr).toBe('');
    expect(results).toEqual(Array.from({ length: ranks }, () => ({ wrong: 0, failed: true })));
  });

  test('a rank that leaves ends the others, who learn its name', needs(name, 'koffi'), async () => {
    const { stderr, results } = await runRanks(name, 3, 'leaver', 0);
    expect(stderr).toBe('');
    const sentence = 'ClusterError: cluster: rank 1 of 3 has left';
    expect(results).toEqual([sentence, 'left', sentence]);
  });

  test.each([
    ['threads', 0, 'cluster: rank 2 of 3 did not deliver numbers of a step within 2 s'],
    ['the main thread', 1, 'ClusterError: cluster: rank 2 of 3 did not take part within 2 s'],
  ])('a rank that does not come is named, to %s, and all end', needs(name, 'koffi'), async (_, way, sentence) => {
    const { code, results } = await runRanks(name, 3, 'late', way, { env: { GRADLOOM_TEST_LIMIT: '2000' } });
    expect({ code, said: results[0] }).toEqual({ code: 7, said: sentence });
  });

  test('a rank that is killed takes all processes with it', needs(name, 'koffi'), async () => {
    const { code, results } = await runRanks(name, 3, 'killed', 0);
    expect(code).not.toBe(0);
    for (const pid of results) await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test('sixteen on a few cores go on', needs(name, 'koffi'), async () => {
    const { stderr, results } = await runRanks(name, 16, 'exchange', 3);
    expect(stderr).toBe('');
    expect(results).toEqual(Array.from({ length: 16 }, () => 0));
  });
});

test('a library of another MPI than the mpirun is refused', needs('Open MPI', 'MPICH', 'koffi'), async () => {
  const { code, stderr } = await runRanks('MPICH', 2, 'values', 0, { env: { GRADLOOM_MPI: 'libmpi.so.40' } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/sees 1 ranks, expected the 2 started \(set GRADLOOM_MPI to the library of the mpirun/);
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
