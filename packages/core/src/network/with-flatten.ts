/** Layers that took all numbers of a row before rows had shapes. */
const FLAT = new Set(['dense', 'swiglu', 'layer-norm', 'batch-norm', 'residual']);

/**
 * The spec of a file that was written before rows had shapes, as it is written now: an embedding was followed by layers
 * that took all of its numbers at once, so a flatten layer stands before the first of them. Anything else is returned
 * as it is, also what is no spec.
 */
export function withFlatten(spec: unknown): unknown {
  if (typeof spec !== 'object' || spec === null || !('layers' in spec) || !Array.isArray(spec.layers)) return spec;
  const layers: readonly unknown[] = spec.layers;
  const kinds = layers.map((layer) => (layer as { readonly kind?: unknown } | null)?.kind);
  const flattens = kinds.findIndex((kind, l) => FLAT.has(String(kind)) && kinds.slice(0, l).includes('embedding'));
  if (flattens === -1 || kinds.includes('flatten')) return spec;
  return { ...spec, layers: [...layers.slice(0, flattens), { kind: 'flatten' }, ...layers.slice(flattens)] };
}
