import { expect, test } from 'vitest';
import { describeDeath, withCheckpoint } from '../../../../../packages/cli/src/commands/cluster/describe-death.ts';
import { type Launcher, launchers } from '../../../../../packages/cli/src/commands/cluster/launchers.ts';

/** What launchers have printed where a rank had ended so: Open MPI 5.0.7, MPICH 4.2.1, Slurm 24.11. */
const said = {
  openMpiKilled: `--------------------------------------------------------------------------
prterun noticed that process rank 12 with PID 31490 on node vm exited on
signal 9 (Killed).
--------------------------------------------------------------------------
`,
  openMpiExit: `--------------------------------------------------------------------------
prterun detected that one or more processes exited with non-zero status,
thus causing the job to be terminated. The first process to do so was:

   Process name: [prterun-vm-20948@1,14]
   Exit code:    5
--------------------------------------------------------------------------
`,
  hydraKilled: `
===================================================================================
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID 20925 RUNNING AT vm
=   EXIT CODE: 9
=   CLEANING UP REMAINING PROCESSES
=   YOU CAN IGNORE THE BELOW CLEANUP MESSAGES
===================================================================================
YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)
`,
  hydraKilledAndWatched: `gradloom: rank 2 of 3 (process 20926 on vm) has died: signal 11; the last checkpoint is a/last.gradloom

===================================================================================
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID 20925 RUNNING AT vm
=   EXIT CODE: 9
`,
  hydraKilledAndCollected: `gradloom: rank 2 of 3 (process 20926 on vm) has died
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID 20926 RUNNING AT vm
=   EXIT CODE: 7
`,
  intelKilled: `
===================================================================================
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   RANK 33 PID 5821 RUNNING AT node7
=   KILLED BY SIGNAL: 9 (Killed)
===================================================================================
`,
  srunKilled: `srun: error: node3: task 10: Killed
srun: Terminating StepId=12.0
srun: error: node1: task 0: Terminated
`,
  srunExit: `srun: error: node3: tasks 4-7: Exited with exit code 2
srun: Terminating StepId=12.0
srun: error: node1: task 0: Terminated
`,
};

test.each([
  ["Open MPI's mpirun", said.openMpiKilled, { rank: 12, pid: 31490, host: 'vm', how: 'signal 9' }],
  ["Open MPI's mpirun", said.openMpiExit, { rank: 14, pid: null, host: null, how: 'exit code 5' }],
  [
    'Hydra',
    said.hydraKilled,
    { rank: null, pid: 20925, host: 'vm', how: 'signal 9, by which Hydra ends the others too' },
  ],
  [
    'Hydra',
    said.intelKilled,
    { rank: 33, pid: 5821, host: 'node7', how: 'signal 9, by which Hydra ends the others too' },
  ],
  ['Hydra', said.hydraKilledAndWatched, { rank: 2, pid: 20926, host: 'vm', how: 'signal 11' }],
  ['Hydra', said.hydraKilledAndCollected, { rank: 2, pid: 20926, host: 'vm', how: 'signal 7' }],
  ['srun', said.srunKilled, { rank: 10, pid: null, host: 'node3', how: 'killed', exitCode: null }],
  ['srun', said.srunExit, { rank: 4, pid: null, host: 'node3', how: 'exit code 2', exitCode: 2 }],
] as const)('%s says who has died', (name, text, death) => {
  expect(launchers[name].deathIn(`lines of a training\n${text}`)).toEqual(death);
  expect(launchers[name].deathIn('lines of a training\n')).toBeNull();
});

test.each([
  ['mpirun (Open MPI) 5.0.7\n\nReport bugs to https://www.open-mpi.org/community/help/', "Open MPI's mpirun"],
  ['mpirun.openmpi (Open MPI) 4.1.4', "Open MPI's mpirun"],
  ['HYDRA build details:\n    Version:                                 4.2.1', 'Hydra'],
  ['Intel(R) MPI Library for Linux* OS, Version 2021.10', 'Hydra'],
  ['slurm 24.11.5', 'srun'],
])('a launcher is known by its own words: %j', (version, name) => {
  const matches = Object.entries(launchers).filter(([, { isVersion }]) => isVersion(version));
  expect(matches.map(([known]) => known)).toEqual([name]);
});

test('Open MPI does not bind ranks of several threads to a core, unless the user says how', () => {
  const { flags }: Launcher = launchers["Open MPI's mpirun"];
  expect(flags([], {})).toEqual(['--bind-to', 'none']);
  for (const userFlags of [['--bind-to', 'socket'], ['--map-by', 'ppr:1:node'], ['-bind-to=core']]) {
    expect(flags(userFlags, {})).toEqual([]);
  }
});

test('srun is told how to start the ranks, unless the user or Slurm says how', () => {
  const { flags } = launchers.srun;
  const always = '--kill-on-bad-exit=1';
  expect(flags(['--mpi=pmi2'], { PATH: '/nowhere' })).toEqual([always]);
  expect(flags([], { PATH: '/nowhere', SLURM_MPI_TYPE: 'pmix' })).toEqual([always]);
});

test.each([
  [{ rank: 2, pid: 7, host: 'vm', how: 'signal 9' }, 'rank 2 of 4 has died: signal 9; there is no checkpoint yet'],
  [{ rank: null, pid: 7, host: 'vm', how: 'signal 9' }, 'one of 4 ranks (process 7 on vm) has died: signal 9; there'],
  [{ rank: null, pid: null, host: null, how: 'exit code 70' }, 'one of 4 ranks has died: exit code 70; there'],
])('a loss is a sentence: %j', (death, sentence) => {
  expect(withCheckpoint(describeDeath(death, 4), 'nowhere')).toContain(sentence);
});
