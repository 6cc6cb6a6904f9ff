import { runOptions } from '../options/common.ts';
import type { OptionTable } from '../options/option.ts';
import { toggle } from '../options/words.ts';

export const doctorOptions = {
  blas: runOptions.blas,
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack of an error' },
} satisfies OptionTable;
