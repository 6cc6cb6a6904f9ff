import { option } from '@gradloom/core/internal';
import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { verbose } from '../../options/run-options.ts';

export const inspectOptions = {
  diff: { group: 'Data', ...option.text('a file or a run')(undefined, 'another file or run to compare with') },
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;

export type InspectValues = Values<typeof inspectOptions>;
