import { option } from '@gradloom/core/internal';
import { modelFormats, precisions } from '@gradloom/runtime/options';
import { moduleOption } from '../../options/custom-parts.ts';
import { grouped, type OptionTable } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

const formats = Object.entries(modelFormats).map(([name, { title }]) => `${name} (${title})`);

export const exportOptions = {
  ...grouped(
    { group: 'Output' },
    {
      format: option.oneOf(modelFormats)(undefined, formats.join(', '), 'by the ending of the file'),
      precision: option.oneOf(precisions)(
        undefined,
        'type of the weights in the file: float32 rounds those of a float64 model',
        'that of the model',
      ),
      'no-merge-lora': option.flag(undefined, 'keep low-rank additions apart from the weights'),
    },
  ),
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;
