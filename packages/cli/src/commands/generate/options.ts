import { generateOptions, option } from '@gradloom/core/internal';
import { moduleOption } from '../../options/custom-parts.ts';
import type { OptionTable } from '../../options/option.ts';
import { runOptions, verbose } from '../../options/run-options.ts';

const { tokens, temperature, topK, topP, seed } = generateOptions.table;

export const generateFlags = {
  prompt: {
    group: 'Text',
    ...option.unchecked<string>('start of the text', 'a line end; of a model of lines, no text'),
  },
  tokens: { group: 'Text', ...tokens },
  samples: { group: 'Text', ...option.positiveInteger(1, 'texts to write; each has the next seed') },
  temperature: { group: 'Text', ...temperature },
  'top-k': { group: 'Text', ...topK },
  'top-p': { group: 'Text', ...topP },
  seed: { group: 'Text', ...seed },
  'memory-limit': runOptions['memory-limit'],
  module: moduleOption,
  verbose,
} satisfies OptionTable;
