import { option } from '@gradloom/core/internal';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

export const clusterRunOptions = {
  ...grouped(
    { group: 'Run' },
    {
      ranks: option.positiveInteger(undefined, 'number of processes to start'),
      restarts: option.count(
        3,
        'how often to go on from the last checkpoint after a process has died, each time with one less',
      ),
      launcher: option.text('mpirun, mpiexec, srun, or the path of one')(
        undefined,
        'what starts the processes: mpirun, mpiexec, srun, or the path of one',
        'the first that is found',
      ),
      'launcher-flags': option.text('flags such as "--hostfile hosts"')(
        undefined,
        'more flags for the launcher, as --launcher-flags="--hostfile hosts"',
      ),
    },
  ),
  verbose,
} satisfies OptionTable;

export type ClusterRunValues = Values<typeof clusterRunOptions>;
