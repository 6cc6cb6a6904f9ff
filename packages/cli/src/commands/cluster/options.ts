import { wholeNumber } from '../../options/numbers.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { text, toggle } from '../../options/words.ts';

export const clusterRunOptions = {
  ranks: { group: 'Run', ...wholeNumber(1), describe: 'number of processes to start' },
  restarts: {
    group: 'Run',
    ...wholeNumber(0),
    describe:
      'how often to go on from the last checkpoint after a process has died, each time with one less (default: 3)',
  },
  launcher: {
    group: 'Run',
    ...text('mpirun, mpiexec, srun, or the path of one'),
    describe: 'what starts the processes: mpirun, mpiexec, srun, or the path of one (default: the first that is found)',
  },
  'launcher-flags': {
    group: 'Run',
    ...text('flags such as "--hostfile hosts"'),
    describe: 'more flags for the launcher, as --launcher-flags="--hostfile hosts"',
  },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type ClusterRunValues = Values<typeof clusterRunOptions>;
