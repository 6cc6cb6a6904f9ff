import type { LayerSpec, NetworkSpec } from '@gradloom/core';

/** A dense layer inside residual layers, with `levels` levels of layers in all. */
export function nestedNetwork(levels: number): NetworkSpec {
  let layer: LayerSpec = { kind: 'dense', out: 2, init: { kind: 'normal', std: 0.1 } };
  for (let level = 1; level < levels; level++) layer = { kind: 'residual', layers: [layer] };
  return { input: 2, layers: [layer] };
}
