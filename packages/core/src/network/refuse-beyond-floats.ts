import { specInFloats } from '../checks/options/index.ts';
import type { Loss } from '../families/losses/loss.ts';
import type { ElementType } from '../math/element-type.ts';
import { refuseInexactIndices } from './exact-indices.ts';
import { layerOptions } from './layers/index.ts';
import type { Network } from './network.ts';

/**
 * @throws OptionError where floats would compute another network than was asked for: a number of a layer or of its
 * initializers that is not itself any more as a float, or indices that are no floats.
 */
export function refuseBeyondFloats(
  where: string,
  network: Network,
  loss: Pick<Loss, 'targets'> | null, // null: no targets
  type: ElementType,
): void {
  if (type === 'float64') return;
  refuseInexactIndices(where, network, loss, type);
  for (const { path, layer, spec } of network.places) {
    specInFloats(where, `layers.${path}`, spec, layerOptions, `${layer.label} at layer ${path}`);
  }
}
