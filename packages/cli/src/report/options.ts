import type { OptionTable } from '../options/option.ts';
import { text, toggle } from '../options/words.ts';

export const reportOptions = {
  out: {
    group: 'Output',
    ...text('a directory'),
    describe: 'directory for the page and its pictures (default: the directory of the run)',
  },
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;
