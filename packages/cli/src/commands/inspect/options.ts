import { networks, option, show } from '@gradloom/core/internal';
import type { OptionTable, Values } from '../../options/option.ts';
import { moduleOption } from '../../options/own-parts.ts';
import { verbose } from '../../options/run-options.ts';

/** The shape of an image, height x width x channels. */
const imageShape = option.kind((_where, name, raw): readonly number[] => {
  const [, ...axes] = /^(\d{1,5})x(\d{1,5})x(\d{1,5})$/.exec(String(raw)) ?? [];
  if (axes.length === 3) return axes.map(Number);
  throw new Error(`${name} has ${show(raw)}, expected height x width x channels such as 28x28x1`);
});

export const inspectOptions = {
  diff: { group: 'Data', ...option.text('a file or a run')(undefined, 'another file or run to compare with') },
  network: {
    group: 'Data',
    ...option.oneOf(networks)(undefined, `a known network in place of a file: ${Object.keys(networks).join(', ')}`),
  },
  input: { group: 'Data', ...imageShape(undefined, 'with --network, the shape of an image', '28x28x1') },
  outputs: { group: 'Data', ...option.positiveInteger(undefined, 'with --network, its outputs', '10') },
  module: moduleOption,
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON object') },
  verbose,
} satisfies OptionTable;

export type InspectValues = Values<typeof inspectOptions>;
