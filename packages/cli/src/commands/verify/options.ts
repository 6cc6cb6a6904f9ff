import { option } from '@gradloom/core/internal';
import { moduleOption } from '../../options/custom-parts.ts';
import type { OptionTable } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

export const verifyOptions = {
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;
