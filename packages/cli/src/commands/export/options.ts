import { modelFormats, precisions } from '@gradloom/runtime/options';
import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { keyOf, toggle } from '../../options/words.ts';

const formats = Object.entries(modelFormats).map(([name, { title }]) => `${name} (${title})`);

export const exportOptions = {
  format: {
    group: 'Output',
    ...keyOf(modelFormats),
    describe: `${formats.join(', ')} (default: by the ending of the file)`,
  },
  precision: {
    group: 'Output',
    ...keyOf(precisions),
    describe: 'type of the weights in the file: float32 rounds those of a float64 model (default: that of the model)',
  },
  module: moduleOption,
  json: { group: 'Output', ...toggle, describe: 'print one JSON object' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type ExportValues = Values<typeof exportOptions>;
