import type { OptionTable } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { toggle } from '../../options/words.ts';

export const verifyOptions = {
  module: moduleOption,
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;
