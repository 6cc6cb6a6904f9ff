import { OptionError } from '../checks/option-error.ts';
import { checkSpecFloat32 } from '../checks/options/index.ts';
import type { Loss } from '../families/losses/loss.ts';
import type { ElementType } from '../math/element-type.ts';
import { layerOptions } from './layers/index.ts';
import type { Network } from './network.ts';
import { nameOfLayer } from './placed-layer.ts';

/**
 * Rejects networks that float32 would change.
 * @throws OptionError if rounding to float32 makes a number of a layer or initializer invalid, or if float32 cannot
 * represent all indices.
 */
export function refuseBeyondFloats(
  where: string,
  network: Network,
  loss: Pick<Loss, 'targets'> | null, // null: no targets
  type: ElementType,
): void {
  if (type === 'float64') return;
  refuseInexactIndices(where, network, loss, type);
  for (const placedLayer of network.allLayers) {
    checkSpecFloat32(where, `layers.${placedLayer.path}`, placedLayer.spec, layerOptions, nameOfLayer(placedLayer));
  }
}

/** 2²⁴: up to here float32 represents every integer. */
const MAX_FLOAT_INDICES = 16777216;

/**
 * @throws OptionError if float32 cannot represent all indices in inputs or targets: an embedding or the classes have
 * more than 2²⁴ of them.
 */
export function refuseInexactIndices(
  where: string,
  { allLayers, outputs }: Pick<Network, 'allLayers' | 'outputs'>,
  loss: Pick<Loss, 'targets'> | null, // null: no targets
  type: ElementType,
): void {
  if (type === 'float64') return;
  const refuse = (about: string, length: number): never => {
    const problem = `has ${length}, expected at most ${MAX_FLOAT_INDICES} in float32 (it cannot represent larger ones)`;
    throw new OptionError(where, 'precision', problem, { about });
  };
  for (const placedLayer of allLayers) {
    const { spec } = placedLayer;
    if (spec.kind !== 'embedding' || spec.vocabulary <= MAX_FLOAT_INDICES) continue;
    refuse(`${nameOfLayer(placedLayer)}: vocabulary`, spec.vocabulary);
  }
  if (loss?.targets === 'classes' && outputs > MAX_FLOAT_INDICES) refuse('the number of classes', outputs);
}
