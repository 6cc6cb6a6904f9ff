/** Layers that took all numbers of a row before rows had shapes. */
const FLAT = new Set(['dense', 'swiglu', 'layer-norm', 'batch-norm', 'residual']);

/** Most levels of nested layers that are read: more than a network may have, but few enough for recursion. */
const DEEPEST = 32;

/**
 * The spec of a file that was written before rows had shapes, as it is written now: an embedding was followed by layers
 * that took all of its numbers at once, so a flatten layer stands before the first of them, also inside of a residual.
 * Anything else is returned as it is, also what is no spec.
 */
export function withFlatten(spec: unknown, depth = 0): unknown {
  if (depth > DEEPEST) return spec;
  if (typeof spec !== 'object' || spec === null || !('layers' in spec) || !Array.isArray(spec.layers)) return spec;
  const given: readonly unknown[] = spec.layers;
  const layers = given.map((layer) => withFlatten(layer, depth + 1));
  const kinds = layers.map((layer) => (layer as { readonly kind?: unknown } | null)?.kind);
  const flattens = kinds.findIndex((kind, l) => FLAT.has(String(kind)) && kinds.slice(0, l).includes('embedding'));
  if (flattens !== -1 && !kinds.includes('flatten')) layers.splice(flattens, 0, { kind: 'flatten' });
  else if (layers.every((layer, l) => layer === given[l])) return spec;
  return { ...spec, layers };
}
