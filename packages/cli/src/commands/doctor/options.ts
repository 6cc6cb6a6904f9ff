import { option } from '@gradloom/core/internal';
import type { OptionTable } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

export const doctorOptions = {
  blas: runOptions.blas,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;
