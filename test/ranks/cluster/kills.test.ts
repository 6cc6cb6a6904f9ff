import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createRandom } from '@gradloom/core';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { watchedDeathIn } from '../../../packages/cli/src/commands/cluster/hydra.ts';
import { gradloom } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import { mpirunNames, startRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { isAlive, rankProcesses } from '../../support/rank-processes.ts';
import { propertySeed } from '../../support/seed.ts';
import { endOf } from '../../support/start-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trainCommand } from '../../support/train-on-ranks.ts';

const KILLS = counted(1, 50);
const random = createRandom(propertySeed, 'rank-kills');
const folder = temporaryFolder();
const args = [
  ...['--dataset', 'moons:rows=86', '--hidden', '70,70', '--batch', '17', '--validation', '0.2', '--epochs', '12'],
  ...['--checkpoint-every', '2', '--backend', 'wasm'],
];

let calm: string;
beforeAll(async () => {
  const out = join(folder.path, 'calm');
  await gradloom(['train', ...args, '--threads', '1', '--json', '--out', out]);
  calm = loadModel(join(out, 'model.gradloom')).fingerprint;
});

const ranksOf = (): [ranks: number, threads: number] => [[2, 3, 5, 1][random.integer(4)], 1 + random.integer(2)];

test('SIGKILL of a rank ends all of them, and a resume on other ranks ends in the same bits', {
  ...needs(...mpirunNames, 'koffi', 'descriptors'),
  timeout: 60_000 + 120_000 * KILLS,
}, async () => {
  let killed = 0;
  for (let n = 0; n < KILLS; n++) {
    const out = join(folder.path, String(n));
    const mpi = mpirunNames[random.integer(mpirunNames.length)];
    const [ranks, threads] = [2 + random.integer(3), 1 + random.integer(2)];
    const clusterFlags = ['--cluster', 'mpi', '--threads', String(threads), '--json', '--out', out];
    const child = startRanks(mpi, ranks, trainCommand([...args, ...clusterFlags]), folder.path);
    const victim = random.integer(ranks);
    let lines = 1 + random.integer(24); // an epoch has two or three
    const pids = new Map<number, number>();
    createInterface({ input: child.stdout }).on('line', () => {
      if (--lines !== 0) return;
      for (const [rank, pid] of rankProcesses(out)) pids.set(rank, pid);
      const pid = pids.get(victim);
      if (pid === undefined) return;
      killed++;
      process.kill(pid, 'SIGKILL');
    });
    const { code, stderr } = await endOf(child);
    if (lines <= 0) {
      // Hydra returns 0 now and then, where the watch of the rank has told of its death.
      if (mpi !== 'MPICH') expect(code, stderr).not.toBe(0);
      else expect([code === 0, watchedDeathIn(stderr)?.rank], stderr).not.toEqual([true, undefined]);
      for (const pid of pids.values()) await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
    }
    await finish(out);
    expect(loadModel(join(out, 'model.gradloom')).fingerprint, `${mpi}, rank ${victim} of ${ranks}`).toBe(calm);
    rmSync(out, { recursive: true });
  }
  expect(killed).toBeGreaterThanOrEqual(KILLS / 2);
});

/** Goes on with a run on other ranks, or starts it again where not even its configuration was written. */
async function finish(out: string): Promise<void> {
  const [ranks, threads] = ranksOf();
  const isThere = existsSync(join(out, 'config.json'));
  if (!isThere) rmSync(out, { recursive: true, force: true });
  const words = isThere ? ['--resume', out] : [...args, '--out', out];
  const clusterFlags = ['--cluster', 'mpi', '--threads', String(threads), '--json'];
  const { code, stderr } = await endOf(
    startRanks('Open MPI', ranks, trainCommand([...words, ...clusterFlags]), folder.path),
  );
  expect(code, stderr).toBe(0);
}
