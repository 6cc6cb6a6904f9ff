import { keyList } from '../../options/key-list.ts';
import type { OptionTable } from '../../options/option.ts';
import { experiments } from './index.ts';
import { commonOptions } from './options.ts';

/** Of all experiments, one after another. */
export const allOptions = {
  only: { group: 'Run', ...keyList(experiments), describe: 'experiments to run, such as neuron,xor (default: all)' },
  ...commonOptions,
} satisfies OptionTable;
