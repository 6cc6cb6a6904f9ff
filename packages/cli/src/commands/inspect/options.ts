import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { text, toggle } from '../../options/words.ts';

export const inspectOptions = {
  diff: { group: 'Data', ...text('a file or a run'), describe: 'another file or run to compare with' },
  module: moduleOption,
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type InspectValues = Values<typeof inspectOptions>;
