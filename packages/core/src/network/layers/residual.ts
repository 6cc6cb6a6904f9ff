import { OptionError } from '../../checks/option-error.ts';
import { checkedBy, defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import type { KindOf } from '../../families/family.ts';
import type { Layer } from './layer.ts';
import { atLayer, branchPath, type LayerContext } from './layer-context.ts';
import { sumOf } from './plus.ts';

/** A spec of any layer; index.ts, which lists the layers, has the type in full. */
type LayerSpec = KindOf<string>;

const layerList = checkedBy(
  'a list of at least 1 layer',
  (value): value is LayerSpec[] => Array.isArray(value) && value.length > 0,
);

export const residualOptions = defineOptions('residual', {
  /**
   * The layers of f, in order. Its outputs have the shape of x, or of what the shortcut makes of it. Blocks may be
   * nested, at most 16 levels deep.
   */
  layers: required(layerList),
  /**
   * Layers that x goes through before it is added, such as a convolution of 1 x 1 with a stride where f changes the
   * shape. @default none: x itself is added
   */
  shortcut: layerList(),
});

/** Options of a residual block with any kinds of layers. */
export interface AnyResidualOptions extends OptionsOf<typeof residualOptions.table>, Named {}

/**
 * y = x + f(x), where f is `layers` in sequence, or y = s(x) + f(x) with the layers s of `shortcut`. It is spelling:
 * the network has the layers of f, those of s, and then the sum. [He et al. 2016, eq. 1 and
 * 2](https://arxiv.org/abs/1512.03385)
 */
export function residual(options: AnyResidualOptions, { path, value, build }: LayerContext): Layer {
  const { layers, shortcut } = residualOptions.read(options);
  const f = build(layers, path);
  const s = shortcut === undefined ? value : build(shortcut, branchPath(path, 'shortcut'));
  if (show(f.shape) !== show(s.shape)) {
    const why =
      shortcut === undefined
        ? 'x + f(x) needs equal shapes, or a shortcut'
        : 's(x) + f(x) needs equal shapes, and this is the output of the shortcut';
    const last = [...path, layers.length - 1];
    const problem = `has shape ${show(f.shape)}, expected ${show(s.shape)} (${why})`;
    const about = `${atLayer(f.source, last)}: output`;
    throw new OptionError('residual', `layers.${last.join('.')}.out`, problem, { about });
  }
  return { ...sumOf(f.shape), label: 'residual', of: [s.index, f.index] };
}
