import { activations } from '../activations/index.ts';
import type { LayerSpec } from './index.ts';

/** Levels that are looked into: more than a network may have, and fewer than a call in a call has room for. */
const DEEPEST = 32;

/**
 * The spec of a layer as it is kept: `{ kind: 'relu' }` becomes `{ kind: 'activation', fn: 'relu' }`, in the layers
 * inside of it too. Returns the same object where nothing is short; what is no spec is left for the builder to refuse.
 */
export function layerInFull(spec: LayerSpec, depth = 0): LayerSpec {
  if (typeof spec !== 'object' || spec === null || depth > DEEPEST) return spec;
  if (isShort(spec)) {
    const { kind, ...options } = spec;
    return { kind: 'activation', fn: kind, ...options };
  }
  if (!('layers' in spec) || !Array.isArray(spec.layers)) return spec;
  const layers = spec.layers.map((inner) => layerInFull(inner, depth + 1));
  return layers.every((inner, l) => inner === spec.layers[l]) ? spec : { ...spec, layers };
}

/** An `fn` beside a short kind would say twice which function it is. */
const isShort = (spec: LayerSpec): spec is Extract<LayerSpec, { kind: keyof typeof activations }> =>
  typeof spec.kind === 'string' && Object.hasOwn(activations, spec.kind) && !('fn' in spec);
