import type { LayerSpec } from './layers/index.ts';
import type { Layer } from './layers/layer.ts';
import { atLayer } from './layers/place.ts';

/** A layer and its position. */
export interface PlacedLayer {
  /** Position in the network; for a nested layer, its position in the outer layer is appended: '3.1'. */
  readonly path: string;
  /** The layer itself. */
  readonly layer: Layer;
  /** The layer's spec, in long form. */
  readonly spec: LayerSpec;
}

/** All layers, including nested ones: each right before the layers in it. */
export function* placeLayers(
  layers: readonly Layer[],
  specs: readonly LayerSpec[],
  above = '',
): Generator<PlacedLayer, undefined, undefined> {
  for (const [l, layer] of layers.entries()) {
    const spec = specs[l];
    const path = `${above}${l}`;
    yield { path, layer, spec };
    if (layer.inner !== undefined && 'layers' in spec) yield* placeLayers(layer.inner, spec.layers, `${path}.`);
  }
}

/** How messages name a layer of a network: see `atLayer`. */
export const nameOfPlaced = ({ layer, path, spec }: PlacedLayer): string => atLayer(layer.label, path, spec.name);
