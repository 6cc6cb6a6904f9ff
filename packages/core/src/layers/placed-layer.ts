import type { LayerSpec } from './index.ts';
import type { Layer } from './layer.ts';

/** A layer and where it stands. */
export interface PlacedLayer {
  /** Position in the network; of a layer inside of another, its position there behind that one's: '3.1'. */
  readonly path: string;
  /** The layer itself. */
  readonly layer: Layer;
  /** What it was built from, in full. */
  readonly spec: LayerSpec;
}

/** All layers, those inside of others too: each right before what it holds. */
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
