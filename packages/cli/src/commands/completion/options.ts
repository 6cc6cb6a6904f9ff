import type { OptionTable } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

export const completionOptions = {
  verbose,
} satisfies OptionTable;
