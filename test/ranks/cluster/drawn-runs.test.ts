import { expect, test } from 'vitest';
import { jsonLines, temporaryDirectory } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import { mpirunNames, startRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { programFile } from '../../support/program-file.ts';
import { propertySeed } from '../../support/seed.ts';
import { endOf } from '../../support/start-program.ts';

const RUNS = counted(6, 50);
const cases = mpirunNames.flatMap((mpi) => [2, 3, 5].map((ranks) => ({ mpi, ranks })));
const quick = cases.filter(({ mpi, ranks }) => mpi === 'Open MPI' && ranks === 3);

test.each(counted(0, 1) === 0 ? quick : cases)(
  'drawn runs on $ranks ranks by $mpi end as on one process',
  { ...needs(...mpirunNames, 'native', 'koffi'), timeout: 60_000 + 4000 * RUNS },
  async ({ mpi, ranks }) => {
    const command = [process.execPath, programFile('rank-runs'), String(propertySeed + ranks), String(RUNS)];
    const { code, stdout, stderr } = await endOf(startRanks(mpi, ranks, command, temporaryDirectory()));
    expect({ code, stderr, lines: jsonLines(stdout) }).toEqual({ code: 0, stderr: '', lines: [{ same: RUNS }] });
  },
);
