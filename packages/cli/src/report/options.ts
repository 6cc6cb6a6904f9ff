import { option } from '@gradloom/core/internal';
import type { OptionTable } from '../options/option.ts';
import { verbose } from '../options/run-options.ts';

export const reportOptions = {
  out: {
    group: 'Output',
    ...option.text('a directory')(undefined, 'directory for the page and its pictures', 'the directory of the run'),
  },
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;
