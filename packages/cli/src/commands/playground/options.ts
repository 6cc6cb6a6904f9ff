import { option } from '@gradloom/core/internal';
import type { OptionTable } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

export const playgroundOptions = {
  port: {
    group: 'Server',
    ...option.wholeNumber(0, 65_535)(0, 'port of 127.0.0.1 to listen on; 0 takes a free one and prints it'),
  },
  model: {
    group: 'Model',
    ...option.text('a run or a model file')(
      undefined,
      'run or model file that reads the digits',
      'a small one, trained on MNIST at first use',
    ),
  },
  out: {
    group: 'Output',
    ...option.text('a folder')(undefined, 'write the page as files for any web server into this folder, and end'),
  },
  verbose,
} satisfies OptionTable;
