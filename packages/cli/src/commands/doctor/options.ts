import type { OptionTable } from '../../options/option.ts';
import { runOptions } from '../../options/run-options.ts';
import { toggle } from '../../options/words.ts';

export const doctorOptions = {
  blas: runOptions.blas,
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;
