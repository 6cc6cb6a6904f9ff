import { wholeNumber, wholeNumberOr } from '../../options/numbers.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { runOptions } from '../../options/run-options.ts';
import { text, toggle } from '../../options/words.ts';

export const searchOptions = {
  threads: {
    group: 'Run',
    ...wholeNumber(1),
    describe: 'threads of all runs together; never changes the result (default: all cores)',
  },
  'at-once': {
    group: 'Run',
    ...wholeNumberOr('auto'),
    describe:
      'runs at the same time, which share the threads; never changes the result (default: auto, which measures whether many runs or threads inside of one are faster)',
  },
  'memory-limit': runOptions['memory-limit'],
  blas: runOptions.blas,
  resume: {
    group: 'Output',
    ...text('a search'),
    describe: 'go on with the search in a directory such as runs/search-1',
  },
  out: {
    group: 'Output',
    ...text('a directory'),
    describe: 'directory for the search, which must be new or empty (default: runs/search-<number>)',
  },
  json: { group: 'Output', ...toggle, describe: 'print JSON, one object per line' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type SearchValues = Values<typeof searchOptions>;
