import type { OptionTable } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

export const completionOptions = { verbose } satisfies OptionTable;

/** Shells that yargs has a script for. */
export const shells = { bash: true, zsh: true, fish: true };
