import { expect, test } from 'vitest';
import { mpirunNames, runRanks } from '../support/mpirun.ts';
import { needs } from '../support/needs.ts';
import { twoMachines } from '../support/two-machines.ts';

const HOSTS = {
  'Open MPI': ['--host', 'node1:1,node2:1'],
  MPICH: ['-hosts', 'node1,node2', '-ppn', '1'],
};

test.for(mpirunNames)(
  'numbers arrive over a network that delays and loses packets, by %s',
  needs(...mpirunNames, 'koffi'),
  async (name, context) => {
    const { first, flags } = await twoMachines(context, { delayMs: 2, loss: 0.01, seed: 1 });
    const { stderr, results } = await runRanks(name, 2, ['exchange:5'], {
      through: first,
      flags: [...flags[name], ...HOSTS[name]],
    });
    // A race of mpirun with the agent that it starts, of which it warns and which harms nothing.
    expect(stderr.replaceAll(/^\[node1:\d+\] plm:ssh: Warning: setpgid.*\n/gm, '')).toBe('');
    expect(results).toEqual([{ exchange: 0 }, { exchange: 0 }]);
  },
);
