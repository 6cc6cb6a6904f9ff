import type { LayerSpec } from './index.ts';
import type { Layer } from './layer.ts';

export interface PlacedLayer {
  /** Position in the network; of a layer inside of another, its position there behind that one's: '3.1'. */
  readonly path: string;
  readonly layer: Layer;
  readonly spec: LayerSpec;
}

/** All layers, those inside of others too: each right before what it holds. */
export function placeLayers(layers: readonly Layer[], specs: readonly LayerSpec[], above = ''): PlacedLayer[] {
  return layers.flatMap((layer, l) => {
    const spec = specs[l];
    const path = `${above}${l}`;
    const held = layer.inner !== undefined && 'layers' in spec ? placeLayers(layer.inner, spec.layers, `${path}.`) : [];
    return [{ path, layer, spec }, ...held];
  });
}
