import { option } from '@gradloom/core/internal';
import { moduleOption } from '../../options/custom-parts.ts';
import type { OptionTable } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

export const liveOptions = {
  port: {
    group: 'Server',
    ...option.wholeNumber(0, 65_535)(0, 'port of 127.0.0.1 to listen on; 0 takes a free one and prints it'),
  },
  module: moduleOption,
  verbose,
} satisfies OptionTable;
