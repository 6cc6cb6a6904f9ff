import type { OptionTable } from '../../options/option.ts';
import { toggle } from '../../options/words.ts';

export const completionOptions = {
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;
