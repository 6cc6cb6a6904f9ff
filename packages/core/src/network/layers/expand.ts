import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { has } from '../../checks/show.ts';
import { shapeText } from '../shape.ts';
import { wholeList } from './axes.ts';
import { moveLayer, readingOfRuns, runOf } from './axis-moves.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { sum } from './reductions.ts';

export const expandOptions = defineOptions('expand', {
  /** Shape of a row: axes of length 1, and new first axes, get any length; -1 leaves an axis as it is. */
  shape: required(wholeList),
});

/** Options of an expand layer. */
export interface ExpandOptions extends OptionsOf<typeof expandOptions.table>, Named {}

/** y: x repeated along axes of length 1, as NumPy broadcasts: [3, 1] becomes [2, 3, 4]. dx sums dy over the repeats. */
export function expand(options: ExpandOptions, context: LayerContext): Layer {
  const { shape } = expandOptions.read(options);
  const { input } = context;
  const addedAxes = shape.length - input.length;
  const from = shape.map((_, a) => (a < addedAxes ? 1 : input[a - addedAxes]));
  const out = shape.map((extent, a) => (extent === -1 && a >= addedAxes ? from[a] : extent));
  if (addedAxes < 0 || out.some((extent, a) => extent < 1 || (extent !== from[a] && from[a] !== 1))) {
    const expected = `expected a shape to which rows of shape ${shapeText(input)} can be repeated`;
    throw new OptionError('expand', 'shape', `${has(shape)}, ${expected}`);
  }
  const axes = [...out.keys()].filter((a) => out[a] !== from[a]);
  const readings = out.map((n, a) => (axes.includes(a) ? readingOfRuns(n, [runOf(0, n, 0, 0)], {}) : null));
  const repeats = { ...moveLayer('expand', from, readings), in: [input] };
  if (axes.length === 0) return repeats;
  const gradient = sum({ axis: axes, keepdims: true }, { ...context, input: out });
  return {
    ...repeats,
    label: `expand(${input.join('x')}->${out.join('x')})`,
    ...(gradient.createMemory === undefined ? {} : { createMemory: gradient.createMemory }),
    backward([dx], dy, _xs, _y, parameters, _gradients, B, pass, memory) {
      if (dx !== null) gradient.forward(dx, [dy], parameters, B, pass, memory);
    },
  };
}
