import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf, required, text } from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import { shapeText } from '../shape.ts';
import type { Layer, TensorSpec } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const likeOptions = defineOptions('like', {
  /** Name or path of a layer before this one, which is no block. */
  layer: required(text('the name or path of a layer before this one')),
});

/** Options of a further use of a layer. */
export interface LikeOptions extends OptionsOf<typeof likeOptions.table>, Named {}

/**
 * The layer named by `layer` once more, with the same tensors: each use has a gradient of its own, and an update adds
 * them in the order of the layers. Siamese networks read two inputs so. A dropout draws anew.
 */
export function like(options: LikeOptions, { before, create, isFrozen = false }: LayerContext): Layer {
  const { layer: name } = likeOptions.read(options);
  const source = before.get(name);
  if (source === undefined || source.kind === 'residual') {
    const actual = source === undefined ? '' : ', which is a block';
    const problem = `has ${show(name)}${actual}, expected the name or path of a layer before this one`;
    throw new OptionError('like', 'layer', problem);
  }
  if (isFrozen && !source.isFrozen) {
    const problem = `has true, expected false, since ${show(name)}, whose tensors these are, learns`;
    throw new OptionError('like', 'freeze', problem);
  }
  const layer = create(source.spec, source.isFrozen);
  refuseOtherShapes('like', name, layer, source.layer);
  const tensors = layer.tensors.map((tensor, k): TensorSpec => {
    const original = source.layer.tensors[k];
    const tiedTo = original.tiedTo ?? `${source.path}.${original.name}`;
    return { ...tensor, tiedTo, initialize: () => undefined };
  });
  return { ...layer, label: `${layer.label}, like ${name}`, tensors };
}

/** @throws OptionError if a further use of the layer `name` needs tensors of other shapes. */
export function refuseOtherShapes(where: string, name: string, use: Layer, original: Layer): void {
  for (const [k, { name: tensorName, shape }] of use.tensors.entries()) {
    const originalShape = original.tensors[k].shape;
    if (String(originalShape) === String(shape)) continue;
    const problem = `has ${show(name)}, whose ${tensorName} is ${shapeText(originalShape)}, expected the shape that these inputs need, ${shapeText(shape)}`;
    throw new OptionError(where, 'layer', problem);
  }
}
