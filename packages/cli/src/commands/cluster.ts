import { UsageError } from '../terminal/failure.ts';
import type { Command } from './command.ts';

const examples: Command['examples'] = [
  ['cluster run -n 4 -- train --dataset mnist', 'one training on four processes of this machine'],
  ['cluster run -n 8 --launcher srun -- train --config run.yaml', 'on the machines that Slurm has allocated'],
  ['cluster run -n 4 --restarts 0 -- train --resume runs/mnist-1', 'without a restart if a process dies'],
];

const epilogue =
  'It needs Open MPI, MPICH or Slurm. Without --checkpoint-every, a run writes a checkpoint every 30 s. The result does not depend on the number of processes, so a run that continues on fewer ends in the same weights.';

const options: Command['options'] = async () => (await import('./cluster/options.ts')).clusterRunOptions;

const run: Command = {
  describe: 'Start a training on several processes with mpirun or srun; if one dies, continue on the others',
  usage: 'run -n <processes> [options] -- train [options of train]',
  examples,
  epilogue,
  options,
  run: async (request, io) => (await import('./cluster/run-cluster.ts')).runCluster(request, io),
};

export const cluster: Command = {
  describe: 'Train on several processes or machines, with MPI',
  usage: 'run -n <processes> [options] -- train [options of train]',
  examples,
  epilogue,
  options,
  members: { run: async () => run },
  run: async (request, io) => {
    const [word] = request.positionals;
    if (word === 'run') return run.run(request, io);
    throw new UsageError(`${word === undefined ? 'the word is missing' : `${word} is unknown`}, expected run`);
  },
};
