import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { counted } from '../../support/count.ts';
import { mpirunNames, startRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { rankProcesses } from '../../support/rank-processes.ts';
import { endOf } from '../../support/start-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trainCommand } from '../../support/train-on-ranks.ts';

const folder = temporaryFolder();
let runs = 0; // a test that is tried again needs a folder of its own
const args = [
  ...['--dataset', 'spirals', '--threads', '1', '--steps', '1000000000', '--checkpoint-every', '50', '--quiet'],
  ...['--cluster', 'mpi', '--exchange-timeout', '2'],
];

/** The rank that hangs. */
const cases = [1, 0];

test.each(cases.slice(0, counted(1, cases.length)))(
  'a rank that hangs is named once, and all end: rank %i',
  needs(...mpirunNames, 'koffi', 'descriptors'),
  async (rank) => {
    // One after the other: beside six busy ranks of two launchers, two seconds are short for those that live.
    for (const name of mpirunNames) {
      const out = join(folder.path, String(runs++));
      const ended = endOf(startRanks(name, 3, trainCommand([...args, '--out', out]), folder.path));
      await expect.poll(() => existsSync(join(out, 'last.gradloom')), { timeout: 50_000, interval: 5 }).toBe(true);
      const pids = new Map(rankProcesses(out));
      const pid = pids.get(rank);
      if (pid === undefined) throw new Error(`rank ${rank} has no process, expected one`); // and -1 is every process
      process.kill(pid, 'SIGSTOP');
      const { code, stderr } = await ended;
      const sentences = stderr.split('\n').filter((line) => /^gradloom train: (?!warning: )/.test(line));
      expect(sentences, name).toEqual([
        expect.stringMatching(
          new RegExp(`^gradloom train: rank ${rank} of 3 did not .* within 2 s; the last checkpoint is .*$`),
        ),
      ]);
      expect(code).toBe(75);
      for (const pid of pids.values())
        await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
    }
  },
);
