import { networkNames, option, show } from '@gradloom/core/internal';
import { moduleOption } from '../../options/custom-parts.ts';
import { networkFile, networkName } from '../../options/network-file.ts';
import { grouped, type OptionTable, type Values } from '../../options/option.ts';
import { verbose } from '../../options/run-options.ts';

/** The shape of a row: of an image, height x width x channels, or a number of tokens. */
const rowShape = option.kind((_where, name, raw): readonly number[] => {
  const axes = String(raw).split('x');
  if ([1, 3].includes(axes.length) && axes.every((axis) => /^\d{1,5}$/.test(axis))) return axes.map(Number);
  throw new Error(
    `${name} has ${show(raw)}, expected height x width x channels such as 28x28x1, or a number of tokens`,
  );
});

export const inspectOptions = {
  ...grouped(
    { group: 'Data' },
    {
      diff: option.text('a file or a run')(undefined, 'another file or run to compare with'),
      network: networkName(undefined, `a known network in place of a file: ${networkNames.join(', ')}`),
      spec: networkFile(undefined, 'a JSON, YAML or module file with a network, in place of a model'),
      input: rowShape(
        undefined,
        'the shape of an image, or a number of tokens or inputs, with --network, or --spec without one',
        'a row that suits the known network',
      ),
      outputs: option.positiveInteger(undefined, 'with --network, its outputs', 'those that suit the known network'),
    },
  ),
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;

export type InspectValues = Values<typeof inspectOptions>;
