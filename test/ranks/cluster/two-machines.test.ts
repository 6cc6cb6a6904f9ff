import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { mpirunNames, runRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { trainOnRanks } from '../../support/train-on-ranks.ts';
import { twoMachines } from '../../support/two-machines.ts';

const HOSTS = { 'Open MPI': ['--host', 'node1:1,node2:1'], MPICH: ['-hosts', 'node1,node2', '-ppn', '1'] };

test.for(mpirunNames)(
  'numbers arrive over a network that delays and loses packets, by %s',
  needs(...mpirunNames, 'koffi', 'python'),
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

test('the host file of the docs trains on both, to the same bits', {
  ...needs('Open MPI', 'koffi', 'python'),
  timeout: 240_000,
}, async (context) => {
  const { first, flags } = await twoMachines(context, { delayMs: 1, loss: 0.01, seed: 2 });
  const hostfile = fileURLToPath(new URL('../../../docs/examples/cluster/hostfile', import.meta.url));
  const args = ['--dataset', 'moons:rows=200', '--hidden', '70,70', '--batch', '64', '--epochs', '3', '--no-out'];
  const trainFlags = [...args, '--backend', 'wasm', '--clip-norm', '1'];
  const options = { through: first, flags: [...flags['Open MPI'], '--hostfile', hostfile] };
  const done = await trainOnRanks('Open MPI', [2, 1], trainFlags, options);
  expect(done).toMatchObject({ cluster: { hosts: ['node1', 'node2'] } });
  const { stdout } = await gradloom(['train', ...trainFlags, '--threads', '1', '--json']);
  expect(done.fingerprint).toBe((jsonLines(stdout).at(-1) as { fingerprint: string }).fingerprint);
});
