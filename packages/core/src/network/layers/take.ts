import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { shapeText } from '../shape.ts';
import { axisOf, axisOption, wholeList } from './axes.ts';
import { moveLayer, readingOf } from './axis-moves.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const takeOptions = defineOptions('take', {
  /** Indices along the axis, in any order and any number; negative ones are counted from the end. */
  indices: required(wholeList),
  /** Axis of a row that they are of; a negative one is counted from the end. @default -1 */
  axis: axisOption(-1),
});

/** Options of a take layer. */
export interface TakeOptions extends OptionsOf<typeof takeOptions.table>, Named {}

/** y: x at the indices along an axis, as NumPy takes. dx of an index is the sum of dy of the places that read it. */
export function take(options: TakeOptions, { input }: LayerContext): Layer {
  const { indices, axis } = takeOptions.read(options);
  const a = axisOf('take', axis, input);
  const n = input[a];
  const badIndex = indices.find((index) => index < -n || index >= n);
  if (badIndex !== undefined) {
    const problem = `has ${badIndex}, expected indices from ${-n} to ${n - 1} of axis ${a}`;
    throw new OptionError('take', 'indices', `${problem} (rows have shape ${shapeText(input)})`);
  }
  const read = readingOf(indices.length, n, (output) => {
    const index = indices[output];
    return [{ from: index < 0 ? index + n : index, factor: 1 }];
  });
  const readings = input.map((_, b) => (b === a ? read : null));
  return moveLayer('take', input, readings);
}
