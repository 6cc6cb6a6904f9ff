import type { OptionTable } from '../../options/option.ts';
import { toggle } from '../../options/words.ts';

export const completionOptions = {
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

/** Shells that yargs has a script for. */
export const shells = { bash: true, zsh: true, fish: true };
