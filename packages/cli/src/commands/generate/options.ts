import { generateOptions, option } from '@gradloom/core/internal';
import { moduleOption } from '../../options/custom-parts.ts';
import { grouped, type OptionTable } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

const { tokens, temperature, topK, topP, seed } = generateOptions.table;

export const generateFlags = {
  ...grouped(
    { group: 'Text' },
    {
      prompt: option.unchecked<string>('start of the text', 'a line end; of a model of lines, no text'),
      tokens,
      samples: option.positiveInteger(1, 'texts to write; each has the next seed'),
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
