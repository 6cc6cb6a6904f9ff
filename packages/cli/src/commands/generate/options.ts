import { generateOptions, option } from '@gradloom/core/internal';
import { moduleOption } from '../../options/custom-parts.ts';
import { grouped, type OptionTable } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

const { tokens, temperature, topK, topP, seed } = generateOptions.table;

export const generateFlags = {
  ...grouped(
    { group: 'Output' },
    {
      prompt: option.unchecked<string>('start of the text', 'a line end; of a model of lines, no text'),
      tokens,
      samples: option.positiveInteger(
        undefined,
        'texts to write, each with the next seed; or rows, or images of a file',
        '1; 64 images of a file',
      ),
      temperature,
      'top-k': topK,
      'top-p': topP,
      seed,
    },
  ),
  'memory-limit': runOptions['memory-limit'],
  module: moduleOption,
  verbose,
} satisfies OptionTable;
