import type { OptionTable } from '../options/option.ts';
import { text, toggle } from '../options/words.ts';

export const reportOptions = {
  out: {
    group: 'Output',
    ...text('a directory'),
    describe: 'directory for the page and its pictures (the run itself)',
  },
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack of an error' },
} satisfies OptionTable;
