import { option } from '@gradloom/core/internal';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

export const searchOptions = {
  ...grouped(
    { group: 'Run' },
    {
      threads: option.positiveInteger(undefined, 'threads of all runs together; never changes the result', 'all cores'),
      'at-once': option.orWord(option.positiveInteger, 'auto')(
        undefined,
        'runs at the same time, which share the threads; never changes the result',
        'auto, which measures whether many runs or threads inside of one are faster',
      ),
    },
  ),
  'memory-limit': runOptions['memory-limit'],
  blas: runOptions.blas,
  ...grouped(
    { group: 'Output' },
    {
      resume: option.text('a search')(undefined, 'go on with the search in a directory such as runs/search-1'),
      out: option.text('a directory')(
        undefined,
        'directory for the search, which must be new or empty',
        'runs/search-<number>',
      ),
      json: option.flag(undefined, 'print JSON, one object per line'),
    },
  ),
  verbose,
} satisfies OptionTable;

export type SearchValues = Values<typeof searchOptions>;
